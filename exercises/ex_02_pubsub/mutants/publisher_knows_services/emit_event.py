"""Publisher: announce events, one for each argument, to every service there is."""

import os
import sys

import pika

SERVICES = ["billing", "shipping", "mail"]
URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    events = sys.argv[1:]
    if not events:
        sys.exit("Usage: emit_event.py EVENT...")

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    for service in SERVICES:
        channel.queue_declare(queue=service, durable=True, arguments={"x-queue-type": "quorum"})

    channel.confirm_delivery()
    for event in events:
        for service in SERVICES:
            channel.basic_publish(exchange="", routing_key=service, body=event)
        print(f" [x] Sent {event}", flush=True)
    connection.close()


if __name__ == "__main__":
    main()
