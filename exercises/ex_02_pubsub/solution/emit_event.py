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
    # All that the publisher knows is the exchange, so a new service needs no change here.
    # Durable: an exchange that goes with a restart takes its bindings along.
    channel.exchange_declare(exchange="events", exchange_type="fanout", durable=True)

    channel.confirm_delivery()
    for event in events:
        channel.basic_publish(
            exchange="events",
            routing_key="",
            body=event,
            # Where an event waits is for each service to decide. In a quorum queue it survives a
            # restart anyway; in a classic queue only if its publisher marked it as persistent.
            properties=pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent),
        )
        print(f" [x] Sent {event}", flush=True)
    connection.close()


if __name__ == "__main__":
    main()
