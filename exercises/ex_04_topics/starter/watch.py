"""Watcher: show the reports whose routing key matches one of the patterns given."""

import os
import sys

import pika
from report import expand, show

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit("Usage: watch.py NAME PATTERN...")
    name = sys.argv[1]
    patterns = expand(sys.argv[2:])
    # TODO 5: which patterns can never work?

    def on_report(channel, method, properties, body):
        show(name, method.routing_key, body.decode())

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    # TODO 1: a direct exchange compares whole keys.
    channel.exchange_declare(exchange="feed", exchange_type="direct", durable=True)
    for pattern in patterns:
        # TODO 2: how many copies does a report make that two patterns match?
        queue = channel.queue_declare(queue="", exclusive=True).method.queue
        channel.queue_bind(exchange="feed", queue=queue, routing_key=pattern)
        channel.basic_consume(queue=queue, on_message_callback=on_report, auto_ack=True)
    print(f" [*] {name} is watching {patterns}. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
