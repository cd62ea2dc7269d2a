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
    channel.queue_declare(queue="events", durable=True, arguments={"x-queue-type": "quorum"})

    channel.confirm_delivery()
    for event in events:
        # TODO 1: this is the work queue of lesson 3.1: one service gets the event.
        # TODO 6: will an event that waits in a queue still be there after a restart?
        channel.basic_publish(exchange="", routing_key="events", body=event)
        print(f" [x] Sent {event}", flush=True)
    connection.close()


if __name__ == "__main__":
    main()
