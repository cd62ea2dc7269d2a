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

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="events", exchange_type="fanout", durable=True)
    channel.queue_declare(queue=service, durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_bind(exchange="events", queue=service)

    print(f" [*] {service} is waiting for events. To exit press CTRL+C", flush=True)
    while True:
        method, _properties, body = channel.basic_get(queue=service)
        if method is None:
            connection.sleep(0.1)
            continue
        handle(service, body.decode())
        channel.basic_ack(delivery_tag=method.delivery_tag)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
