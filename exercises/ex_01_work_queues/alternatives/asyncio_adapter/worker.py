"""Consumer on asyncio: pika's AsyncioConnection, and the work in a thread of its own."""

import asyncio
import functools
import os

import jobs
import pika
from pika.adapters.asyncio_connection import AsyncioConnection

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
ARGUMENTS = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 4,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "failed_tasks",
}


async def work(channel, tag, order):
    try:
        await asyncio.to_thread(jobs.do, order)
    except Exception as error:
        print(f"{order}: {error}", flush=True)
        channel.basic_reject(tag, requeue=True)
    else:
        channel.basic_ack(tag)


async def main() -> None:
    lost = asyncio.get_running_loop().create_future()
    running = set()

    def on_order(channel, method, properties, body):
        task = asyncio.ensure_future(work(channel, method.delivery_tag, body.decode()))
        running.add(task)
        task.add_done_callback(running.discard)

    def on_channel(channel):
        consume = functools.partial(channel.basic_consume, "task_queue", on_order)
        declare = channel.queue_declare
        declare("failed_tasks", durable=True)
        declare("task_queue", durable=True, arguments=ARGUMENTS)
        channel.basic_qos(prefetch_count=1, callback=lambda _: consume())

    def on_end(connection, error):
        if not lost.done():
            lost.set_exception(error)

    AsyncioConnection(
        pika.URLParameters(URL),
        on_open_callback=lambda connection: connection.channel(on_open_callback=on_channel),
        on_open_error_callback=on_end,
        on_close_callback=on_end,
    )
    await lost


if __name__ == "__main__":
    asyncio.run(main())
