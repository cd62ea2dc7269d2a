"""What each method of an open channel does, apart from publish and ack, which channel.py has.

The methods of exchanges and queues are in topology.py. A handler returns the reply, or None when
it has sent its own.
"""

from __future__ import annotations

import secrets
from typing import NoReturn

from pamqp import base, commands

from burrow import frames, reply_to, topology
from burrow.arguments import integer, read
from burrow.channel import Channel
from burrow.consumers import Consumer
from burrow.errors import AmqpError, unsupported
from burrow.quorum import MAX_UNACKED
from burrow.topology import Handlers, Reply, find_queue


def channel_open(channel: Channel, m: commands.Channel.Open) -> Reply:
    raise AmqpError(504, "second 'channel.open' seen")


def channel_close(channel: Channel, m: commands.Channel.Close) -> Reply:
    del channel.connection.channels[channel.number]
    channel.close()
    return commands.Channel.CloseOk()


def channel_flow(channel: Channel, m: commands.Channel.Flow) -> Reply:
    if not m.active:
        raise AmqpError(540, "active=false")
    return commands.Channel.FlowOk(active=True)


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
    queue = find_queue(channel, m.queue)
    where = f"for queue '{queue.name}' in vhost '{channel.vhost.name}'"
    if "x-stream-offset" in channel.arguments:
        raise AmqpError(406, f"invalid arg 'x-stream-offset' {where} of queue type "
                             f"rabbit_{queue.type}_queue")  # fmt: skip
    if "x-consumer-timeout" in channel.arguments:
        raise unsupported("consumer timeout", "RabbitMQ")
    if "x-priority" in channel.arguments and (problem := integer(channel.arguments, "x-priority")):
        raise AmqpError(406, f"invalid arg 'x-priority' {where}: {problem}")
    priority = channel.arguments.get("x-priority", 0)
    limit = channel.prefetch
    if queue.type == "quorum":
        limit = min(limit or MAX_UNACKED, MAX_UNACKED)
    consumer = Consumer(tag, channel, queue, no_ack=m.no_ack, exclusive=m.exclusive, limit=limit,
                        priority=priority)  # fmt: skip
    queue.add_consumer(consumer)
    channel.consumers[tag] = consumer
    return reply


def basic_cancel(channel: Channel, m: commands.Basic.Cancel) -> Reply:
    consumer = channel.consumers.pop(str(m.consumer_tag), None)
    if consumer is not None:
        consumer.queue.remove_consumer(consumer)
    elif channel.reply.consumer is not None and channel.reply.consumer.tag == m.consumer_tag:
        channel.reply.close()
    return commands.Basic.CancelOk(m.consumer_tag)


def basic_get(channel: Channel, m: commands.Basic.Get) -> Reply:
    queue = find_queue(channel, m.queue)
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
    channel.settle(m.delivery_tag or 0, False, "requeue" if m.requeue else "reject", failed=True)
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


HANDLERS: Handlers = {
    **topology.HANDLERS,
    commands.Channel.Open: channel_open,
    commands.Channel.Close: channel_close,
    commands.Channel.Flow: channel_flow,
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


def handle(channel: Channel, payload: bytes) -> None:
    """Do what a method asks, and reply unless the client said `nowait`.

    Raises AmqpError and Hangup.
    """
    if payload.startswith(frames.ACCESS_REQUEST):  # of AMQP 0-8, which old clients still send
        channel.connection.write(frames.access_ok(channel.number))
        return
    method = frames.method(payload)
    if "arguments" in method:
        channel.arguments = read(method, payload)
    handler = HANDLERS.get(type(method), _refused)
    reply = handler(channel, method)
    if reply is not None and not getattr(method, "nowait", False):
        channel.send(reply)
