"""Publisher for a classic queue, which tries once more after a lost connection."""

import os
import sys

import pika
import pika.exceptions

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


class Submitter:
    def __init__(self) -> None:
        self.connection = pika.BlockingConnection(pika.URLParameters(URL))
        self.channel = self.connection.channel()
        self.channel.queue_declare(queue="task_queue", durable=True)
        self.channel.confirm_delivery()

    def send(self, order: str) -> None:
        self.channel.basic_publish(
            exchange="",
            routing_key="task_queue",
            body=order,
            properties=pika.BasicProperties(delivery_mode=2),
            mandatory=True,
        )


def main() -> None:
    submitter = Submitter()
    for order in sys.argv[1:]:
        try:
            submitter.send(order)
        except pika.exceptions.AMQPError as error:
            # Perhaps the broker has it already. Then it will be done twice, which does no harm.
            print(f"{order}: {error!r}, once more", flush=True)
            submitter = Submitter()
            submitter.send(order)
    submitter.connection.close()


if __name__ == "__main__":
    main()
