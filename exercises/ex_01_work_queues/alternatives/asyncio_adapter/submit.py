"""Publisher on asyncio: all orders are on their way at once, then it waits for all confirms."""

import asyncio
import os
import sys

import pika
from pika.adapters.asyncio_connection import AsyncioConnection

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
ARGUMENTS = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 4,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "failed_tasks",
}


class Batch:
    def __init__(self, orders: list[str], result: asyncio.Future) -> None:
        self.orders, self.result = orders, result
        self.open: set[int] = set()  # delivery tags that wait for their confirm
        self.returned = 0

    def on_channel(self, channel) -> None:
        channel.add_on_return_callback(self.on_return)
        declare = channel.queue_declare
        declare("task_queue", durable=True, arguments=ARGUMENTS, callback=lambda _: select())

        def select() -> None:
            channel.confirm_delivery(self.on_confirm, callback=lambda _: self.publish(channel))

    def publish(self, channel) -> None:
        self.open = set(range(1, len(self.orders) + 1))
        persistent = pika.BasicProperties(delivery_mode=2)
        for order in self.orders:
            channel.basic_publish("", "task_queue", order, persistent, mandatory=True)

    def on_return(self, channel, method, properties, body) -> None:
        self.returned += 1  # comes before the confirm, which comes all the same

    def on_confirm(self, frame) -> None:
        confirm = frame.method
        tags = {tag for tag in self.open if tag <= confirm.delivery_tag}
        self.open -= tags if confirm.multiple else {confirm.delivery_tag}
        refused = isinstance(confirm, pika.spec.Basic.Nack)
        if (refused or not self.open) and not self.result.done():
            self.result.set_result(not refused and not self.returned)


async def main() -> bool:
    result = asyncio.get_running_loop().create_future()
    batch = Batch(sys.argv[1:], result)

    def on_end(connection, error):
        if not result.done():
            result.set_exception(error)

    connection = AsyncioConnection(
        pika.URLParameters(URL),
        on_open_callback=lambda connection: connection.channel(on_open_callback=batch.on_channel),
        on_open_error_callback=on_end,
        on_close_callback=on_end,
    )
    sent = await result
    connection.close()
    return sent


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main()) else 1)
