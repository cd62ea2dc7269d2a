"""What each method of an open channel does, apart from publish and ack, which channel.py has.

One function for each, named and ordered as in AMQP 0-9-1 section 1; the table at the end says
which belongs to which method. A handler returns the reply, or None when it has sent its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, NoReturn

from pamqp import base, commands

from burrow import frames, reply_to
from burrow.arguments import integer, read
from burrow.channel import Channel
from burrow.consumers import Consumer
from burrow.errors import AmqpError, not_found
from burrow.exchange import identity
from burrow.queue import Queue
from burrow.quorum import MAX_UNACKED

Reply = base.Frame | None


def _clean(name: str) -> str:
    """RabbitMQ takes line breaks out of the names it is given."""
    return name.replace("\r", "").replace("\n", "")


def _queue_name(channel: Channel, name: str) -> str:
    """An empty name is the queue that this channel declared last (404 when there is none)."""
    if name:
        return _clean(name)
    if not channel.last_queue:
        raise AmqpError(404, "no previously declared queue")
    return channel.last_queue


def _queue(channel: Channel, name: str) -> Queue:
    return channel.vhost.queue(_queue_name(channel, name), channel.connection)


def _not_default(name: str) -> None:
    if not name:
        raise AmqpError(403, "operation not permitted on the default exchange")


def channel_flow(channel: Channel, m: commands.Channel.Flow) -> Reply:
    if not m.active:
        raise AmqpError(540, "active=false")
    return commands.Channel.FlowOk(active=True)


def exchange_declare(channel: Channel, m: commands.Exchange.Declare) -> Reply:
    name = _clean(m.exchange)
    _not_default(name)
    if m.passive:
        channel.vhost.exchange(name)
        return commands.Exchange.DeclareOk()
    channel.vhost.declare_exchange(
        name, m.exchange_type, durable=m.durable, auto_delete=m.auto_delete, internal=m.internal,
        arguments=m.arguments,
    )  # fmt: skip
    return commands.Exchange.DeclareOk()


def exchange_delete(channel: Channel, m: commands.Exchange.Delete) -> Reply:
    name = _clean(m.exchange)
    _not_default(name)
    if name.startswith("amq."):
        raise AmqpError(403, f"deletion of system exchange '{name}' in vhost "
                             f"'{channel.vhost.name}' not allowed")  # fmt: skip
    channel.vhost.delete_exchange(name, if_unused=m.if_unused)
    return commands.Exchange.DeleteOk()


def exchange_bind(channel: Channel, m: commands.Exchange.Bind) -> Reply:
    source, destination = _clean(m.source), _clean(m.destination)
    _not_default(destination)
    _not_default(source)
    channel.vhost.exchange(source)
    target = channel.vhost.exchange(destination)
    channel.vhost.bind(source, target, m.routing_key, m.arguments)
    return commands.Exchange.BindOk()


def exchange_unbind(channel: Channel, m: commands.Exchange.Unbind) -> Reply:
    source, destination = _clean(m.source), _clean(m.destination)
    _not_default(destination)
    _not_default(source)
    target = channel.vhost.exchanges.get(destination)
    if target is not None:
        channel.vhost.unbind(source, target, m.routing_key, m.arguments)
    return commands.Exchange.UnbindOk()


def queue_declare(channel: Channel, m: commands.Queue.Declare) -> Reply:
    name = _clean(m.queue)
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
            arguments=m.arguments, owner=channel.connection,
        )  # fmt: skip
    channel.last_queue = queue.name
    return _declared(channel, m, queue.name, queue.ready, queue.consumer_count())


def _declared(channel: Channel, m: commands.Queue.Declare, name: str, *counts: int) -> Reply:
    if not m.nowait:
        channel.connection.write(frames.declare_ok(channel.number, name, *counts))
    return None


def queue_bind(channel: Channel, m: commands.Queue.Bind) -> Reply:
    name, source = _queue_name(channel, m.queue), _clean(m.exchange)
    _not_default(source)
    channel.vhost.exchange(source)
    queue = channel.vhost.queue(name, channel.connection)
    key = queue.name if not m.queue and not m.routing_key else m.routing_key
    channel.vhost.bind(source, queue, key, m.arguments)
    return commands.Queue.BindOk()


def queue_unbind(channel: Channel, m: commands.Queue.Unbind) -> Reply:
    name = _queue_name(channel, m.queue)
    source = _clean(m.exchange)
    _not_default(source)
    queue = channel.vhost.queues.get(name)
    if queue is not None:
        key = queue.name if not m.queue and not m.routing_key else m.routing_key
        if (source, identity(key, queue, m.arguments)) in queue.bound_to:  # else nobody is asked
            channel.vhost.queue(name, channel.connection)
        channel.vhost.unbind(source, queue, key, m.arguments)
    return commands.Queue.UnbindOk()


def queue_purge(channel: Channel, m: commands.Queue.Purge) -> Reply:
    return commands.Queue.PurgeOk(_queue(channel, m.queue).purge())


def queue_delete(channel: Channel, m: commands.Queue.Delete) -> Reply:
    name = _queue_name(channel, m.queue)
    if name not in channel.vhost.queues:
        return commands.Queue.DeleteOk(0)
    queue = channel.vhost.queue(name, channel.connection)
    count = channel.vhost.delete_queue(queue, if_unused=m.if_unused, if_empty=m.if_empty)
    return commands.Queue.DeleteOk(count)


def basic_qos(channel: Channel, m: commands.Basic.Qos) -> Reply:
    # The global flag is deprecated and, in 4.3, means what it means without it.
    if m.prefetch_size:
        raise AmqpError(540, "prefetch_size!=0 (" + str(m.prefetch_size) + ")")
    channel.prefetch = m.prefetch_count
    return commands.Basic.QosOk()


def basic_consume(channel: Channel, m: commands.Basic.Consume) -> Reply:
    tag = m.consumer_tag or f"amq.ctag-{secrets.token_urlsafe(16)}"
    if tag in channel.consumers:
        raise AmqpError(530, f"attempt to reuse consumer tag '{tag}'")
    reply = commands.Basic.ConsumeOk(tag)
    if m.queue == reply_to.NAME:
        channel.reply.consume(tag, m.no_ack)
        return reply
    queue = _queue(channel, m.queue)
    where = f"for queue '{queue.name}' in vhost '{channel.vhost.name}'"
    if "x-stream-offset" in m.arguments:
        raise AmqpError(406, f"invalid arg 'x-stream-offset' {where} of queue type "
                             f"rabbit_{queue.type}_queue")  # fmt: skip
    if "x-priority" in m.arguments and (problem := integer(m.arguments, "x-priority")):
        raise AmqpError(406, f"invalid arg 'x-priority' {where}: {problem}")
    priority = m.arguments.get("x-priority", 0)
    limit = channel.prefetch
    if queue.type == "quorum":
        limit = min(limit or MAX_UNACKED, MAX_UNACKED)
    consumer = Consumer(tag, channel, queue, no_ack=m.no_ack, exclusive=m.exclusive, limit=limit,
                        priority=priority)  # fmt: skip
    queue.add_consumer(consumer)
    channel.consumers[tag] = consumer
    return reply


def basic_cancel(channel: Channel, m: commands.Basic.Cancel) -> Reply:
    consumer = channel.consumers.pop(m.consumer_tag, None)
    if consumer is not None:
        consumer.queue.remove_consumer(consumer)
    elif channel.reply.consumer is not None and channel.reply.consumer.tag == m.consumer_tag:
        channel.reply.close()
    return commands.Basic.CancelOk(m.consumer_tag)


def basic_get(channel: Channel, m: commands.Basic.Get) -> Reply:
    queue = _queue(channel, m.queue)
    if queue.single and queue.type == "quorum":
        raise AmqpError(405, f"cannot obtain access to locked queue '{queue.name}' in vhost "
                             f"'{channel.vhost.name}'. basic.get operations are not supported by "
                             '<<"quorum">> queues with single active consumer')  # fmt: skip
    entry = queue.get()
    if entry is None:
        return commands.Basic.GetEmpty()
    channel.got(queue, entry, m.no_ack)
    return None


def basic_reject(channel: Channel, m: commands.Basic.Reject) -> Reply:
    channel.settle(m.delivery_tag, False, "requeue" if m.requeue else "reject", failed=True)
    return None


def basic_nack(channel: Channel, m: commands.Basic.Nack) -> Reply:
    channel.settle(m.delivery_tag, m.multiple, "requeue" if m.requeue else "reject")
    return None


def basic_recover(channel: Channel, m: commands.Basic.Recover) -> Reply:
    if not m.requeue:
        raise AmqpError(540, "requeue=false")
    channel.recover()
    return commands.Basic.RecoverOk()


def basic_recover_async(channel: Channel, m: commands.Basic.RecoverAsync) -> Reply:
    basic_recover(channel, commands.Basic.Recover(m.requeue))
    return None


def confirm_select(channel: Channel, m: commands.Confirm.Select) -> Reply:
    if channel.transaction is not None:
        raise AmqpError(406, "cannot switch from tx to confirm mode")
    channel.confirming = True
    return commands.Confirm.SelectOk()


def tx_select(channel: Channel, m: commands.Tx.Select) -> Reply:
    if channel.confirming:
        raise AmqpError(406, "cannot switch from confirm to tx mode")
    if channel.transaction is None:
        channel.transaction = []
    return commands.Tx.SelectOk()


def tx_commit(channel: Channel, m: commands.Tx.Commit) -> Reply:
    if channel.transaction is None:
        raise AmqpError(406, "channel is not transactional")
    channel.commit()
    channel.connection.broker.when_safe(lambda: channel.send(commands.Tx.CommitOk()))
    return None


def tx_rollback(channel: Channel, m: commands.Tx.Rollback) -> Reply:
    if channel.transaction is None:
        raise AmqpError(406, "channel is not transactional")
    channel.rollback()
    return commands.Tx.RollbackOk()


def _refused(channel: Channel, m: base.Frame) -> NoReturn:
    if m.name in ("Basic.Deliver", "Basic.Return", "Basic.GetOk"):
        raise AmqpError(505, "expected content header for class 60, got non content header frame "
                             "instead")  # fmt: skip
    raise AmqpError(503, "unimplemented method")


HANDLERS: dict[type[base.Frame], Callable[[Channel, Any], Reply]] = {
    commands.Channel.Flow: channel_flow,
    commands.Exchange.Declare: exchange_declare,
    commands.Exchange.Delete: exchange_delete,
    commands.Exchange.Bind: exchange_bind,
    commands.Exchange.Unbind: exchange_unbind,
    commands.Queue.Declare: queue_declare,
    commands.Queue.Bind: queue_bind,
    commands.Queue.Unbind: queue_unbind,
    commands.Queue.Purge: queue_purge,
    commands.Queue.Delete: queue_delete,
    commands.Basic.Qos: basic_qos,
    commands.Basic.Consume: basic_consume,
    commands.Basic.Cancel: basic_cancel,
    commands.Basic.Get: basic_get,
    commands.Basic.Reject: basic_reject,
    commands.Basic.Nack: basic_nack,
    commands.Basic.Recover: basic_recover,
    commands.Basic.RecoverAsync: basic_recover_async,
    commands.Confirm.Select: confirm_select,
    commands.Tx.Select: tx_select,
    commands.Tx.Commit: tx_commit,
    commands.Tx.Rollback: tx_rollback,
}


def handle(channel: Channel, method: base.Frame, payload: bytes) -> None:
    """Do what a method asks, and reply unless the client said `nowait`. Raises AmqpError."""
    if "arguments" in method:
        method.arguments = read(method, payload)  # type: ignore[attr-defined]
    handler = HANDLERS.get(type(method), _refused)
    reply = handler(channel, method)
    if reply is not None and not getattr(method, "nowait", False):
        channel.send(reply)
