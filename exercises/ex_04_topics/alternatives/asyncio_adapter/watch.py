"""Watcher: callbacks on an asyncio loop."""

import asyncio
import os
import sys

import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from report import expand, show

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def works(pattern):
    words = pattern.split(".")
    return (
        all(word in ("*", "#") or not set(word) & set("*#") for word in words)
        and words.count("#") <= 2
        and ("#" in words or len(words) > 2)
        and len(pattern.encode()) <= 255
    )


class Watcher:
    def __init__(self, name, patterns, loop):
        self.name = name
        self.patterns = patterns
        self.channel = None
        self.connection = AsyncioConnection(
            pika.URLParameters(URL), on_open_callback=self.on_open, custom_ioloop=loop
        )

    def on_open(self, connection):
        connection.channel(on_open_callback=self.on_channel)

    def on_channel(self, channel):
        self.channel = channel
        channel.exchange_declare(
            "feed", exchange_type="topic", durable=True, callback=self.on_exchange
        )

    def on_exchange(self, frame):
        self.channel.queue_declare("", exclusive=True, callback=self.on_queue)

    def on_queue(self, frame):
        queue = frame.method.queue
        for pattern in self.patterns:
            self.channel.queue_bind(queue, "feed", routing_key=pattern)
        self.channel.basic_consume(queue, self.on_report, auto_ack=True)

    def on_report(self, channel, method, properties, body):
        show(self.name, method.routing_key, body.decode())


if __name__ == "__main__":
    patterns = expand(sys.argv[2:])
    if wrong := [pattern for pattern in patterns if not works(pattern)]:
        sys.exit(f"These patterns take nothing: {', '.join(wrong)}")
    loop = asyncio.new_event_loop()
    watcher = Watcher(sys.argv[1], patterns, loop)
    try:
        loop.run_forever()
    except KeyboardInterrupt:
        pass
