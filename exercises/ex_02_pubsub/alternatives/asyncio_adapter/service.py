"""Service: callbacks on an asyncio loop; the work runs in a thread, the ack on the loop."""

import asyncio
import os
import sys

import pika
from handle import handle
from pika.adapters.asyncio_connection import AsyncioConnection

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


class Service:
    def __init__(self, name, loop):
        self.name = name
        self.loop = loop
        self.channel = None
        self.working = set()
        self.connection = AsyncioConnection(
            pika.URLParameters(URL), on_open_callback=self.on_open, custom_ioloop=loop
        )

    def on_open(self, connection):
        connection.channel(on_open_callback=self.on_channel)

    def on_channel(self, channel):
        self.channel = channel
        channel.exchange_declare(
            exchange="events", exchange_type="fanout", durable=True, callback=self.on_exchange
        )

    def on_exchange(self, frame):
        self.channel.queue_declare(
            queue=self.name,
            durable=True,
            arguments={"x-queue-type": "quorum"},
            callback=self.on_queue,
        )

    def on_queue(self, frame):
        self.channel.queue_bind(exchange="events", queue=self.name, callback=self.on_bound)

    def on_bound(self, frame):
        self.channel.basic_qos(prefetch_count=1, callback=self.on_qos)

    def on_qos(self, frame):
        self.channel.basic_consume(queue=self.name, on_message_callback=self.on_event)

    def on_event(self, channel, method, properties, body):
        task = self.loop.create_task(self.work(method.delivery_tag, body.decode()))
        self.working.add(task)
        task.add_done_callback(self.working.discard)

    async def work(self, delivery_tag, event):
        await asyncio.to_thread(handle, self.name, event)
        self.channel.basic_ack(delivery_tag=delivery_tag)


if __name__ == "__main__":
    loop = asyncio.new_event_loop()
    service = Service(sys.argv[1], loop)
    try:
        loop.run_forever()
    except KeyboardInterrupt:
        pass
