"""Publisher: announce events, one for each argument, to every service there is."""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    event = " ".join(sys.argv[1:])
    if not event:
        sys.exit("Usage: emit_event.py EVENT...")

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="events", exchange_type="fanout", durable=True)

    channel.confirm_delivery()
    channel.basic_publish(
        exchange="events",
        routing_key="",
        body=event,
        properties=pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent),
    )
    print(f" [x] Sent {event}", flush=True)
    connection.close()


if __name__ == "__main__":
    main()
