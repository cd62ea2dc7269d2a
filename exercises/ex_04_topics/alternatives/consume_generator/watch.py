"""Watcher: a for loop over consume()."""

import os
import sys

import pika
from report import expand, show

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def check(pattern):
    words = pattern.split(".")
    inside = [word for word in words if set(word) & set("*#") and word not in ("*", "#")]
    if inside or words.count("#") > 2 or len(pattern.encode()) > 255:
        raise SystemExit(f"The broker can do nothing with the pattern {pattern}")
    if len(words) < 3 and "#" not in words:
        raise SystemExit(f"No report has as few words as the pattern {pattern}")


def main() -> None:
    patterns = expand(sys.argv[2:])
    for pattern in patterns:
        check(pattern)
    with pika.BlockingConnection(pika.URLParameters(URL)) as connection:
        channel = connection.channel()
        channel.exchange_declare("feed", exchange_type="topic", durable=True)
        queue = channel.queue_declare("", exclusive=True).method.queue
        for pattern in patterns:
            channel.queue_bind(queue, "feed", routing_key=pattern)
        for method, _properties, body in channel.consume(queue):
            show(sys.argv[1], method.routing_key, body.decode())
            channel.basic_ack(method.delivery_tag)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
