"""Service: a for loop over consume(), on a classic queue."""

import os
import sys

import pika
from handle import handle

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    service = sys.argv[1]
    queue = f"events.{service}"
    with pika.BlockingConnection(pika.URLParameters(URL)) as connection:
        channel = connection.channel()
        channel.exchange_declare(exchange="events", exchange_type="fanout", durable=True)
        channel.queue_declare(queue=queue, durable=True)
        channel.queue_bind(exchange="events", queue=queue)
        channel.basic_qos(prefetch_count=1)
        for method, _properties, body in channel.consume(queue=queue):
            handle(service, body.decode())
            channel.basic_ack(delivery_tag=method.delivery_tag)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
