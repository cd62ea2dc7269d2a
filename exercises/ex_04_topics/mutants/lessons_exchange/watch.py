"""Watcher: show the reports whose routing key matches one of the patterns given."""

import os
import sys

import pika
from report import expand, show

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def fault(pattern):
    """Why this pattern cannot work; None if it can. The broker takes most of them in silence."""
    words = pattern.split(".")
    if len(pattern.encode()) > 255:
        return "is longer than 255 bytes"
    if any(len(word) > 1 and ("*" in word or "#" in word) for word in words):
        return "has a * or # inside a word, where it is a character like any other"
    if words.count("#") > 2:
        return "has more than two #, which RabbitMQ refuses since 4.3.5"
    if len(words) < 3 and "#" not in words:
        return "has fewer than three words, and every key has at least three"
    return None


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit("Usage: watch.py NAME PATTERN...")
    name = sys.argv[1]
    patterns = expand(sys.argv[2:])
    faults = [f"{pattern!r} {why}" for pattern in patterns if (why := fault(pattern))]
    if faults:
        sys.exit("\n".join(faults))

    def on_report(channel, method, properties, body):
        show(name, method.routing_key, body.decode())

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="topic_logs", exchange_type="topic", durable=True)
    queue = channel.queue_declare(queue="", exclusive=True).method.queue
    for pattern in patterns:
        channel.queue_bind(exchange="topic_logs", queue=queue, routing_key=pattern)
    channel.basic_consume(queue=queue, on_message_callback=on_report, auto_ack=True)
    print(f" [*] {name} is watching {patterns}. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
