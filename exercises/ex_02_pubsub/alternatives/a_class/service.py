"""Service: a class that keeps its connection, channel and name together."""

import os
import sys

import pika
from handle import handle

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


class Service:
    def __init__(self, name):
        self.name = name
        self.connection = pika.BlockingConnection(pika.URLParameters(URL))
        self.channel = self.connection.channel()

    def subscribe(self):
        self.channel.exchange_declare(exchange="events", exchange_type="fanout", durable=True)
        self.channel.queue_declare(
            queue=f"{self.name}-events", durable=True, arguments={"x-queue-type": "quorum"}
        )
        self.channel.queue_bind(exchange="events", queue=f"{self.name}-events")

    def on_event(self, channel, method, properties, body):
        try:
            handle(self.name, body.decode())
        except Exception:
            channel.basic_nack(delivery_tag=method.delivery_tag, requeue=True)
            raise
        channel.basic_ack(delivery_tag=method.delivery_tag)

    def run(self):
        self.channel.basic_qos(prefetch_count=2)
        self.channel.basic_consume(
            queue=f"{self.name}-events", on_message_callback=self.on_event, auto_ack=False
        )
        self.channel.start_consuming()

    def close(self):
        self.channel.stop_consuming()
        self.connection.close()


if __name__ == "__main__":
    service = Service(sys.argv[1])
    service.subscribe()
    try:
        service.run()
    except KeyboardInterrupt:
        service.close()
