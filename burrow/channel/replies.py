"""Direct reply-to: answers go straight to the asking channel, through no queue that has a name.

Facts: RabbitMQ docs, "Direct Reply-to".
"""

from __future__ import annotations

import secrets
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


def consume(channel: Channel, tag: str, no_ack: bool) -> None:
    """basic.consume on the pseudo-queue: the channel gets an address. Raises 406."""
    if channel.replies is not None:
        raise AmqpError(406, "reply consumer already set")
    if not no_ack:
        raise AmqpError(406, "reply consumer cannot acknowledge")
    address = f"{NAME}.{secrets.token_urlsafe(24)}"
    queue = Queue(channel.vhost, address, Arguments(), durable=False)
    channel.replies = Consumer(tag, channel, queue, no_ack=True)
    queue.consumers.add(channel.replies)
    channel.vhost.broker.replies[address] = channel.replies


def address(channel: Channel, header: bytes) -> bytes:
    """A request's content header with the pseudo-queue replaced by the channel's address."""
    if channel.replies is None:
        raise AmqpError(406, "fast reply consumer does not exist")
    return header_with(header, reply_to=tables.short_string(channel.replies.queue.name))


def close(channel: Channel) -> None:
    """Replies that come from now on are unroutable."""
    if channel.replies is not None:
        del channel.vhost.broker.replies[channel.replies.queue.name]
        channel.replies = None


def deliver(broker: Broker, message: Message) -> bool:
    """Deliver a message whose routing key is a reply address; False when it is not one.

    A reply that nobody waits for any more, or whose client does not read, counts as delivered:
    it is never returned.
    """
    if not message.keys[0].startswith(NAME + "."):
        return False
    consumer = broker.replies.get(message.keys[0])
    if consumer is not None and consumer.ready():
        consumer.queue.publish(message)
    return True
