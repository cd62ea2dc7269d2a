"""The methods of the classes channel, basic, confirm and tx; each function bears the name of its
method. Publish and ack, which pass once per message, are in channel.py.
"""

import secrets
from typing import Any

from pamqp import base, commands

from burrow.channel import replies
from burrow.channel.channel import Channel
from burrow.channel.transaction import Transaction
from burrow.errors import AmqpError, unsupported
from burrow.queue.arguments import check_values, integer
from burrow.queue.consumers import Consumer
from burrow.queue.quorum import MAX_UNACKED


def channel_open(channel: Channel, m: Any) -> None:
    raise AmqpError(504, "second 'channel.open' seen")


def channel_close(channel: Channel, m: Any) -> None:
    del channel.connection.channels[channel.number]
    channel.close()


def channel_flow(channel: Channel, m: Any) -> base.Frame:
    if not m.active:
        raise AmqpError(540, "active=false")
    return commands.Channel.FlowOk(active=True)


def basic_qos(channel: Channel, m: Any) -> None:
    # The global flag is deprecated and, in 4.3, means what it means without it.
    if m.prefetch_size:
        raise AmqpError(540, f"prefetch_size!=0 ({m.prefetch_size})")
    channel.prefetch = m.prefetch_count


def basic_consume(channel: Channel, m: Any) -> base.Frame:
    tag = m.consumer_tag or f"amq.ctag-{secrets.token_urlsafe(16)}"
    if tag in channel.consumers:
        raise AmqpError(530, f"attempt to reuse consumer tag '{tag}'")
    if m.queue == replies.NAME:
        replies.consume(channel, tag, m.no_ack)
        return commands.Basic.ConsumeOk(tag)
    queue = channel.vhost.queue(m.queue, channel.connection)
    if "x-stream-offset" in m.arguments:
        kind = f"{queue} of queue type rabbit_{queue.type}_queue"
        raise AmqpError(406, f"invalid arg 'x-stream-offset' for {kind}")
    if "x-consumer-timeout" in m.arguments:
        raise unsupported("consumer timeout")
    check_values(str(queue), m.arguments, {"x-priority": integer()})
    limit = channel.prefetch
    if queue.type == "quorum":
        limit = min(limit or MAX_UNACKED, MAX_UNACKED)
    limit = 0 if m.no_ack else limit
    priority = m.arguments.get("x-priority", 0)
    consumer = Consumer(tag, channel, queue, m.no_ack, m.exclusive, limit, priority)
    queue.consumers.add(consumer)
    channel.consumers[tag] = consumer
    return commands.Basic.ConsumeOk(tag)


def basic_cancel(channel: Channel, m: Any) -> base.Frame:
    consumer = channel.consumers.pop(m.consumer_tag, None)
    if consumer is not None:
        consumer.queue.remove_consumer(consumer)
    elif channel.replies is not None and channel.replies.tag == m.consumer_tag:
        replies.close(channel)
    return commands.Basic.CancelOk(m.consumer_tag)


def basic_get(channel: Channel, m: Any) -> base.Frame | bytes:
    queue = channel.vhost.queue(m.queue, channel.connection)
    if queue.single and queue.type == "quorum":
        refused = "basic.get operations are not supported by"
        kind = '<<"quorum">> queues with single active consumer'
        raise AmqpError(405, f"cannot obtain access to locked {queue}. {refused} {kind}")
    entry = queue.get()
    if entry is None:
        return commands.Basic.GetEmpty()
    channel.got(queue, entry, m.no_ack)
    return b""


def basic_reject(channel: Channel, m: Any) -> None:
    channel.settle(m.delivery_tag, False, "requeue" if m.requeue else "reject", failed=True)


def basic_nack(channel: Channel, m: Any) -> None:
    channel.settle(m.delivery_tag, m.multiple, "requeue" if m.requeue else "reject")


def basic_recover(channel: Channel, m: Any) -> None:
    if not m.requeue:
        raise AmqpError(540, "requeue=false")
    channel.recover()


basic_recoverasync = basic_recover


def confirm_select(channel: Channel, m: Any) -> None:
    if channel.transaction is not None:
        raise AmqpError(406, "cannot switch from tx to confirm mode")
    channel.confirming = True


def tx_select(channel: Channel, m: Any) -> None:
    if channel.confirming:
        raise AmqpError(406, "cannot switch from confirm to tx mode")
    channel.transaction = channel.transaction or Transaction()


def tx_commit(channel: Channel, m: Any) -> bytes:
    channel.commit(_transaction(channel))
    channel.connection.broker.when_safe(lambda: channel.send(commands.Tx.CommitOk()))
    return b""


def tx_rollback(channel: Channel, m: Any) -> None:
    channel.rollback(_transaction(channel))


def _transaction(channel: Channel) -> Transaction:
    if channel.transaction is None:
        raise AmqpError(406, "channel is not transactional")
    return channel.transaction
