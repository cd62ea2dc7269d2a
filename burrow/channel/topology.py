"""The methods of the classes exchange and queue; each function bears the name of its method."""

from typing import Any

from pamqp import base, commands

from burrow.channel import replies
from burrow.channel.channel import Channel
from burrow.errors import AmqpError, not_found
from burrow.exchange.exchanges import Binding
from burrow.queue.classic import now
from burrow.wire import frames

# burrow's own: to delete this name closes the vhost's other connections; the count is in delete-ok.
CONNECTIONS = "amq.burrow.connections"


def exchange_declare(channel: Channel, m: Any) -> None:
    if m.passive:
        channel.vhost.exchange(m.exchange)
    else:
        channel.vhost.declare_exchange(m)


def exchange_delete(channel: Channel, m: Any) -> None:
    if m.exchange.startswith("amq."):
        where = f"'{m.exchange}' in vhost '{channel.vhost.name}'"
        raise AmqpError(403, f"deletion of system exchange {where} not allowed")
    channel.vhost.delete_exchange(m.exchange, if_unused=m.if_unused)


def exchange_bind(channel: Channel, m: Any) -> None:
    channel.vhost.exchange(m.source)
    target = channel.vhost.exchange(m.destination)
    channel.vhost.bind(m.source, Binding(m.routing_key, target, m.arguments))


def exchange_unbind(channel: Channel, m: Any) -> None:
    target = channel.vhost.exchanges.get(m.destination)
    if target is not None:
        channel.vhost.unbind(m.source, Binding(m.routing_key, target, m.arguments))


def queue_declare(channel: Channel, m: Any) -> bytes:
    if m.queue.startswith(replies.NAME):
        if m.queue != replies.NAME and m.queue not in channel.connection.broker.replies:
            raise not_found("queue", m.queue, channel.vhost.name)
        return frames.declare_ok(channel.number, m.queue, 0, 1)
    if m.passive:
        queue = channel.vhost.queue(m.queue, channel.connection)
        queue.used = now()
    else:
        queue = channel.vhost.declare_queue(m, channel.connection)
    channel.last_queue = queue.name
    counts = queue.ready.count, queue.consumer_count()
    return frames.declare_ok(channel.number, queue.name, *counts)


def queue_bind(channel: Channel, m: Any) -> None:
    channel.vhost.exchange(m.exchange)
    queue = channel.vhost.queue(m.queue, channel.connection)
    channel.vhost.bind(m.exchange, Binding(m.routing_key, queue, m.arguments))


def queue_unbind(channel: Channel, m: Any) -> None:
    queue = channel.vhost.queues.get(m.queue)
    if queue is None:
        return
    binding = Binding(m.routing_key, queue, m.arguments)
    if (m.exchange, binding.identity) in queue.bound_to:
        channel.vhost.queue(m.queue, channel.connection)
    channel.vhost.unbind(m.exchange, binding)


def queue_purge(channel: Channel, m: Any) -> base.Frame:
    return commands.Queue.PurgeOk(channel.vhost.queue(m.queue, channel.connection).purge())


def queue_delete(channel: Channel, m: Any) -> base.Frame:
    if m.queue == CONNECTIONS:
        return commands.Queue.DeleteOk(channel.vhost.broker.drop_connections(channel.connection))
    if m.queue not in channel.vhost.queues:
        return commands.Queue.DeleteOk(0)
    queue = channel.vhost.queue(m.queue, channel.connection)
    return commands.Queue.DeleteOk(channel.vhost.delete_queue(queue, m))
