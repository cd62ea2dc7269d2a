"""Publisher: put orders into the queue `task_queue`. Usage: submit.py ORDER [ORDER ...]"""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
# Whoever starts first makes the queue, so worker.py has exactly the same settings. What they mean
# for an order that fails stands there.
ARGUMENTS = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 4,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "failed_tasks",
}


def main() -> None:
    # One connection for the whole batch: opening one takes far longer than publishing.
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.queue_declare(queue="task_queue", durable=True, arguments=ARGUMENTS)
    # From here on basic_publish returns only once the broker has the order, and raises if not.
    channel.confirm_delivery()

    def send(order):
        channel.basic_publish(
            exchange="",
            routing_key="task_queue",
            body=order,
            properties=pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent),
            mandatory=True,
        )

    map(send, sys.argv[1:])
    connection.close()


if __name__ == "__main__":
    # A lost connection is not caught: it ends the program with a message and exit code 1, which
    # is what whoever started it must know. Were these orders sent? Nobody can say; send them again.
    main()
