"""Which jobs were cancelled: follows the stream of jobs from its beginning, on its own channel."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import pika
from pika import spec
from pika.channel import Channel

from task_processor.amqp.link import Link
from task_processor.amqp.names import Names
from task_processor.jobs import events

PREFETCH = 100


class Cancels:
    """`jobs` are the ids of cancelled jobs."""

    def __init__(self, link: Link, names: Names) -> None:
        self.jobs: set[str] = set()
        self.channel: Channel | None = None  # not the tasks' one: its confirms are counted
        self._link, self._names = link, names
        self._nonce = secrets.token_hex(8)
        self._reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def begin(self, fail: Callable[[str], None]) -> None:
        """Returns when all that was said before is known, or nothing is heard for some seconds."""
        opened: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()
        self._link.connection.channel(on_open_callback=opened.set_result)
        async with asyncio.timeout(20):
            channel = await opened
        channel.add_on_close_callback(
            lambda _, error: fail(f"the stream of jobs cannot be followed: {error}")
        )
        await self._link.call(channel.basic_qos, prefetch_count=PREFETCH)
        channel.basic_consume(
            self._names.jobs, self._on_event, arguments={"x-stream-offset": "first"}
        )
        channel.basic_publish(
            self._names.exchange,
            self._names.jobs,
            events.event("marker", nonce=self._nonce),
            events.properties(None, self._nonce),
        )
        self.channel = channel
        try:
            async with asyncio.timeout(5):
                await self._reached
        except TimeoutError:
            pass  # an alarm keeps our marker back; what was said is read by now

    def _on_event(
        self, channel: Channel, method: spec.Basic.Deliver, _: pika.BasicProperties, body: bytes
    ) -> None:
        channel.basic_ack(method.delivery_tag)
        content: dict[str, Any] = events.parse(body) or {}
        if content.get("event") == "cancelled":
            self.jobs.add(str(content.get("id")))
        elif content.get("event") == "submitted":
            self.jobs.discard(str(content.get("id")))
        elif content.get("nonce") == self._nonce and not self._reached.done():
            self._reached.set_result(None)
