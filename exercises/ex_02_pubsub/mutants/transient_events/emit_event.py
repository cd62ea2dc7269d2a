"""Publisher: announce events, one for each argument, to every service there is."""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    events = sys.argv[1:]
    if not events:
        sys.exit("Usage: emit_event.py EVENT...")

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="events", exchange_type="fanout", durable=True)

    channel.confirm_delivery()
    for event in events:
        channel.basic_publish(
            exchange="events",
            routing_key="",
            body=event,
        )
        print(f" [x] Sent {event}", flush=True)
    connection.close()


if __name__ == "__main__":
    main()
