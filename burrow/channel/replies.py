"""Direct reply-to: answers go straight to the asking channel, through no queue that has a name.

Facts: RabbitMQ docs, "Direct Reply-to".
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burrow.errors import AmqpError
from burrow.message import Message, header_with
from burrow.queue.arguments import Arguments
from burrow.queue.classic import Queue
from burrow.queue.consumers import Consumer
from burrow.wire import tables

if TYPE_CHECKING:
    from burrow.broker import Broker
    from burrow.channel.channel import Channel

NAME = "amq.rabbitmq.reply-to"


@dataclass
class ReplyTo:
    """One channel's reply consumer, and the address that publishes to it."""

    channel: Channel
    consumer: Consumer | None = None
    name: str = ""

    def consume(self, tag: str, no_ack: bool) -> None:
        """basic.consume on the pseudo-queue. Raises 406."""
        if self.consumer is not None:
            raise AmqpError(406, "reply consumer already set")
        if not no_ack:
            raise AmqpError(406, "reply consumer cannot acknowledge")
        self.name = f"{NAME}.{secrets.token_urlsafe(24)}"
        queue = Queue(self.channel.vhost, self.name, Arguments(), durable=False)
        self.consumer = Consumer(tag, self.channel, queue, no_ack=True)
        queue.consumers.add(self.consumer)
        self.channel.connection.broker.replies[self.name] = self

    def address(self, header: bytes) -> bytes:
        """A request's content header with the pseudo-queue replaced by the real address."""
        if self.consumer is None:
            raise AmqpError(406, "fast reply consumer does not exist")
        return header_with(header, reply_to=tables.short_string(self.name))

    def close(self) -> None:
        """Replies that come from now on are unroutable."""
        self.channel.connection.broker.replies.pop(self.name, None)
        self.consumer = None


def deliver(broker: Broker, message: Message) -> bool:
    """Deliver a message whose routing key is a reply address; False when it is not one.

    A reply that nobody waits for any more, or whose client does not read, counts as delivered:
    it is never returned.
    """
    if not message.keys[0].startswith(NAME + "."):
        return False
    reply = broker.replies.get(message.keys[0])
    if reply is not None and reply.consumer is not None and reply.consumer.ready():
        reply.consumer.queue.publish(message)
    return True
