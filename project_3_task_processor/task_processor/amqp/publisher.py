"""Publishing with asynchronous confirms: many messages on their way, each one's fate reported."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pika
from pika import spec
from pika.channel import Channel

from task_processor.amqp.link import Link

PERSISTENT = 2
OnFate = Callable[[str], None]  # "" when the broker has taken it over, else what went wrong


@dataclass(slots=True)
class Pending:
    """A message that the broker has not confirmed."""

    key: str | None
    on_fate: OnFate
    returned: str = ""


class Publisher:
    """Publishes on one channel. The broker confirms by sequence number, several at a time."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.pending: dict[int, Pending] = {}  # by sequence number, so in ascending order
        self._sequence = 0

    async def begin(self) -> None:
        """Ask for confirms; the broker numbers what is published after this."""
        channel: Channel = self.link.channel
        channel.add_on_return_callback(self._on_return)
        await self.link.call(channel.confirm_delivery, ack_nack_callback=self._on_confirm)

    def publish(
        self,
        exchange: str,
        key: str,
        body: bytes,
        properties: pika.BasicProperties,
        on_fate: OnFate,
    ) -> None:
        """Send one persistent message, to be returned if no queue takes it.

        `on_fate` hears "" after the confirm, or else what went wrong. If the connection is lost
        first, it hears nothing: nobody knows whether the broker has the message.
        """
        self._sequence += 1
        self.pending[self._sequence] = Pending(properties.message_id, on_fate)
        properties.delivery_mode = PERSISTENT
        self.link.channel.basic_publish(exchange, key, body, properties, mandatory=True)

    def _on_return(
        self, _: Any, method: spec.Basic.Return, properties: pika.BasicProperties, body: bytes
    ) -> None:
        # A returned message is confirmed after that, as taken; so it has to be remembered.
        for pending in self.pending.values():
            if pending.key == properties.message_id and not pending.returned:
                pending.returned = f"{method.reply_text}: no queue for {method.routing_key!r}"
                return

    def _on_confirm(self, frame: Any) -> None:
        tag = frame.method.delivery_tag
        refused = "" if isinstance(frame.method, spec.Basic.Ack) else "the broker refused it"
        if not frame.method.multiple:
            pending = self.pending.pop(tag, None)
            if pending is not None:
                pending.on_fate(refused or pending.returned)
            return
        while self.pending:
            first = next(iter(self.pending))
            if first > tag:
                break
            pending = self.pending.pop(first)
            pending.on_fate(refused or pending.returned)
