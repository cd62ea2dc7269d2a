"""Receiver: callbacks on an asyncio loop."""

import asyncio
import os
import sys

import pika
from keep import keep
from pika.adapters.asyncio_connection import AsyncioConnection

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


class Receiver:
    def __init__(self, name, severities, loop):
        self.name = name
        self.severities = severities
        self.channel = None
        self.queue = None
        self.connection = AsyncioConnection(
            pika.URLParameters(URL), on_open_callback=self.on_open, custom_ioloop=loop
        )

    def on_open(self, connection):
        connection.channel(on_open_callback=self.on_channel)

    def on_channel(self, channel):
        self.channel = channel
        channel.exchange_declare("control", exchange_type="direct", durable=True)
        channel.exchange_declare("unrouted_logs", exchange_type="fanout", durable=True)
        channel.exchange_declare(
            "routed_logs",
            exchange_type="direct",
            durable=True,
            arguments={"alternate-exchange": "unrouted_logs"},
            callback=self.on_exchanges,
        )

    def on_exchanges(self, frame):
        self.channel.queue_declare("", exclusive=True, callback=self.on_queue)

    def on_queue(self, frame):
        self.queue = frame.method.queue
        for severity in self.severities:
            self.channel.queue_bind(self.queue, "routed_logs", routing_key=severity)
        self.channel.queue_bind(
            self.queue, "control", routing_key=self.name, callback=self.on_bound
        )

    def on_bound(self, frame):
        self.channel.basic_consume(self.queue, self.on_message, auto_ack=True)

    def on_message(self, channel, method, properties, body):
        text = body.decode()
        if method.exchange != "control":
            keep(self.name, method.routing_key, text)
            return
        verb, severity = text.split()
        if verb == "add":
            channel.queue_bind(self.queue, "routed_logs", routing_key=severity)
        else:
            channel.queue_unbind(self.queue, "routed_logs", routing_key=severity)


if __name__ == "__main__":
    loop = asyncio.new_event_loop()
    receiver = Receiver(sys.argv[1], sys.argv[2:], loop)
    try:
        loop.run_forever()
    except KeyboardInterrupt:
        pass
