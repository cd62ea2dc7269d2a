"""Service: handle every event. Instances that are started with the same NAME share the work."""

import os
import sys

import pika
from handle import handle

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Usage: service.py NAME")
    service = sys.argv[1]

    def on_event(channel, method, properties, body):
        handle(service, body.decode())
        channel.basic_ack(delivery_tag=method.delivery_tag)

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="events", exchange_type="fanout", durable=True)
    channel.queue_declare(queue=service, durable=True)
    channel.queue_bind(exchange="events", queue=service)

    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue=service, on_message_callback=on_event, exclusive=True)
    print(f" [*] {service} is waiting for events. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
