"""Consumer as a class, which counts the attempts itself, in a header."""

import os
import time

import jobs
import pika
import pika.exceptions

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


class Worker:
    ATTEMPTS = 5

    def __init__(self) -> None:
        self.connection = pika.BlockingConnection(pika.URLParameters(URL))
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()
        for queue in ("task_queue", "failed_tasks"):
            self.channel.queue_declare(queue=queue, durable=True)
        self.channel.basic_qos(prefetch_count=1)
        self.channel.basic_consume(queue="task_queue", on_message_callback=self.on_order)

    def on_order(self, channel, method, properties, body) -> None:
        try:
            jobs.do(body.decode())
        except Exception as error:
            attempt = (properties.headers or {}).get("attempt", 1)
            queue = "failed_tasks" if attempt == self.ATTEMPTS else "task_queue"
            headers = {"attempt": attempt + 1, "error": repr(error)}
            # First the copy is safe, then the original may go: twice is better than never.
            channel.basic_publish(
                exchange="",
                routing_key=queue,
                body=body,
                properties=pika.BasicProperties(headers=headers, delivery_mode=2),
                mandatory=True,
            )
        channel.basic_ack(method.delivery_tag)


def main() -> None:
    while True:
        try:
            Worker().channel.start_consuming()
        except pika.exceptions.AMQPError as error:
            print(f"Again in a moment: {error!r}", flush=True)
            time.sleep(0.5)


if __name__ == "__main__":
    main()
