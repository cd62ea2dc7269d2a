"""What the methods of the classes exchange and queue do, ordered as in AMQP 0-9-1 section 1.

A handler returns the reply, or None when it has sent its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pamqp import base, commands

from burrow import frames, reply_to
from burrow.channel import Channel
from burrow.errors import AmqpError, not_found
from burrow.exchange import identity
from burrow.queue import Queue

Reply = base.Frame | None
Handlers = dict[type[base.Frame], Callable[[Channel, Any], Reply]]


def clean(name: str) -> str:
    """RabbitMQ takes line breaks out of the names it is given."""
    return name.replace("\r", "").replace("\n", "")


def queue_name(channel: Channel, name: str) -> str:
    """An empty name is the queue that this channel declared last (404 when there is none)."""
    if name:
        return clean(name)
    if not channel.last_queue:
        raise AmqpError(404, "no previously declared queue")
    return channel.last_queue


def find_queue(channel: Channel, name: str) -> Queue:
    return channel.vhost.queue(queue_name(channel, name), channel.connection)


def not_default(name: str) -> None:
    if not name:
        raise AmqpError(403, "operation not permitted on the default exchange")


def exchange_declare(channel: Channel, m: commands.Exchange.Declare) -> Reply:
    name = clean(m.exchange)
    not_default(name)
    if m.passive:
        channel.vhost.exchange(name)
        return commands.Exchange.DeclareOk()
    channel.vhost.declare_exchange(
        name, m.exchange_type, durable=m.durable, auto_delete=m.auto_delete, internal=m.internal,
        arguments=channel.arguments,
    )  # fmt: skip
    return commands.Exchange.DeclareOk()


def exchange_delete(channel: Channel, m: commands.Exchange.Delete) -> Reply:
    name = clean(m.exchange)
    not_default(name)
    if name.startswith("amq."):
        raise AmqpError(403, f"deletion of system exchange '{name}' in vhost "
                             f"'{channel.vhost.name}' not allowed")  # fmt: skip
    channel.vhost.delete_exchange(name, if_unused=m.if_unused)
    return commands.Exchange.DeleteOk()


def exchange_bind(channel: Channel, m: commands.Exchange.Bind) -> Reply:
    source, destination = clean(m.source), clean(m.destination)
    not_default(destination)
    not_default(source)
    channel.vhost.exchange(source)
    target = channel.vhost.exchange(destination)
    channel.vhost.bind(source, target, m.routing_key, channel.arguments)
    return commands.Exchange.BindOk()


def exchange_unbind(channel: Channel, m: commands.Exchange.Unbind) -> Reply:
    source, destination = clean(m.source), clean(m.destination)
    not_default(destination)
    not_default(source)
    target = channel.vhost.exchanges.get(destination)
    if target is not None:
        channel.vhost.unbind(source, target, m.routing_key, channel.arguments)
    return commands.Exchange.UnbindOk()


def queue_declare(channel: Channel, m: commands.Queue.Declare) -> Reply:
    name = clean(m.queue)
    if name.startswith(reply_to.NAME):
        if name != reply_to.NAME and name not in channel.connection.broker.replies:
            raise not_found("queue", name, channel.vhost.name)
        return _declared(channel, m, name, 0, 1)
    if m.passive:
        queue = channel.vhost.queue(name, channel.connection)
        queue.used = channel.connection.broker.now()
    else:
        queue = channel.vhost.declare_queue(
            name, durable=m.durable, exclusive=m.exclusive, auto_delete=m.auto_delete,
            arguments=channel.arguments, owner=channel.connection,
        )  # fmt: skip
    channel.last_queue = queue.name
    return _declared(channel, m, queue.name, queue.ready.count, queue.consumer_count())


def _declared(channel: Channel, m: commands.Queue.Declare, name: str, *counts: int) -> Reply:
    if not m.nowait:
        channel.connection.write(frames.declare_ok(channel.number, name, *counts))
    return None


def queue_bind(channel: Channel, m: commands.Queue.Bind) -> Reply:
    name, source = queue_name(channel, m.queue), clean(m.exchange)
    not_default(source)
    channel.vhost.exchange(source)
    queue = channel.vhost.queue(name, channel.connection)
    key = queue.name if not m.queue and not m.routing_key else m.routing_key
    channel.vhost.bind(source, queue, key, channel.arguments)
    return commands.Queue.BindOk()


def queue_unbind(channel: Channel, m: commands.Queue.Unbind) -> Reply:
    name = queue_name(channel, m.queue)
    source = clean(m.exchange)
    not_default(source)
    queue = channel.vhost.queues.get(name)
    if queue is not None:
        key = queue.name if not m.queue and not m.routing_key else m.routing_key
        if (source, identity(key, queue, channel.arguments)) in queue.bound_to:
            channel.vhost.queue(name, channel.connection)
        channel.vhost.unbind(source, queue, key, channel.arguments)
    return commands.Queue.UnbindOk()


def queue_purge(channel: Channel, m: commands.Queue.Purge) -> Reply:
    return commands.Queue.PurgeOk(find_queue(channel, m.queue).purge())


def queue_delete(channel: Channel, m: commands.Queue.Delete) -> Reply:
    name = queue_name(channel, m.queue)
    if name not in channel.vhost.queues:
        return commands.Queue.DeleteOk(0)
    queue = channel.vhost.queue(name, channel.connection)
    count = channel.vhost.delete_queue(queue, if_unused=m.if_unused, if_empty=m.if_empty)
    return commands.Queue.DeleteOk(count)


HANDLERS: Handlers = {
    commands.Exchange.Declare: exchange_declare,
    commands.Exchange.Delete: exchange_delete,
    commands.Exchange.Bind: exchange_bind,
    commands.Exchange.Unbind: exchange_unbind,
    commands.Queue.Declare: queue_declare,
    commands.Queue.Bind: queue_bind,
    commands.Queue.Unbind: queue_unbind,
    commands.Queue.Purge: queue_purge,
    commands.Queue.Delete: queue_delete,
}
