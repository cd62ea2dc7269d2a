"""A channel: publishes in, deliveries out, acknowledgements, confirms and transactions.

AMQP 0-9-1 sections 1.5 to 1.9; RabbitMQ docs, "Consumer Acknowledgements and Publisher Confirms".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby, takewhile
from operator import itemgetter
from typing import TYPE_CHECKING

from pamqp import base, commands

from burrow.channel import replies
from burrow.channel.transaction import Delivery, Publish, Settlement, Transaction
from burrow.errors import AmqpError
from burrow.message import Message, carbon_copies, header_with, read_properties
from burrow.queue.classic import Queue
from burrow.queue.consumers import Consumer
from burrow.queue.ready import Entry
from burrow.wire import frames, tables

if TYPE_CHECKING:
    from burrow.connection.connection import Connection
    from burrow.vhost import Vhost


@dataclass(eq=False)
class Channel:
    """One channel of one connection."""

    connection: Connection
    vhost: Vhost
    number: int
    prefetch: int = 0
    last_queue: str = ""
    closing: bool = False
    confirming: bool = False
    transaction: Transaction | None = None
    replies: Consumer | None = None  # of direct reply-to
    consumers: dict[str, Consumer] = field(default_factory=dict)
    unacked: dict[int, Delivery] = field(default_factory=dict)
    _tag: int = 0
    _published: int = 0
    _confirms: list[tuple[int, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.content = frames.Content(self.connection.broker.max_message, self.on_publish)

    def send(self, reply: base.Frame) -> None:
        """Queue a method frame for the client."""
        self.connection.write(frames.encode(self.number, reply))

    def _content(self, payload: bytes, message: Message, header: bytes) -> None:
        limit = self.connection.frame_max
        self.connection.write(frames.content(self.number, payload, message, header, limit))

    # --- publishing

    def on_publish(self, publish: frames.Publish, header: bytes, body: bytes) -> None:
        """A message has arrived: check it, route it. Raises 403, 404, 406, 540 and 541."""
        name, key, mandatory, immediate = publish
        exchange = self.vhost.exchanges.get(name) or self.vhost.exchange(name)
        if exchange.internal:
            where = f"internal exchange '{name}' in vhost '{self.vhost.name}'"
            raise AmqpError(403, f"cannot publish to {where}")
        if immediate:
            raise AmqpError(540, "immediate=true")
        message = self._read(name, key, header, body)
        queues = self.vhost.routing.route(exchange, message)
        if self.transaction is not None:
            self.transaction.publishes.append(Publish(message, queues, mandatory))
            return
        accepted = self._enqueue(message, queues, mandatory)
        if self.confirming:
            if not self._confirms:
                self.connection.broker.soon(self._confirm_when_safe)
            self._published += 1
            self._confirms.append((self._published, accepted))

    def _read(self, exchange: str, key: str, header: bytes, body: bytes) -> Message:
        """The message, with what its header asks for done: user_id, reply_to, CC and BCC."""
        try:
            properties = read_properties(header)
        except ValueError:
            raise AmqpError(541, "") from None  # RabbitMQ's channel crashes here
        user = self.connection.user
        if properties.user_id is not None and properties.user_id != user:
            claimed = f"user_id property set to '{properties.user_id}'"
            raise AmqpError(406, f"{claimed} but authenticated user was '{user}'")
        if properties.reply_to == replies.NAME:
            header = replies.address(self, header)
            properties = read_properties(header)
        if not properties.headers:
            return Message(exchange, (key,), header, body, properties)
        copies, hidden = carbon_copies(properties.headers)
        if hidden:
            shown = [field for field in properties.headers if field[0] != b"BCC"]
            header = header_with(header, headers=tables.table(shown))
            properties = read_properties(header)
        keys = (key, *copies, *hidden)
        return Message(exchange, keys, header, body, properties, blind=len(hidden))

    def _enqueue(self, message: Message, queues: tuple[Queue, ...], mandatory: bool) -> bool:
        accepted = self.vhost.routing.publish(message, queues)
        if not queues:
            replied = message.exchange == "" and replies.deliver(self.connection.broker, message)
            if mandatory and not replied:
                self._content(frames.returned(message), message, message.header)
        return accepted

    def _confirm_when_safe(self) -> None:
        """Confirm this turn's publishes when they are on disk; not those that come meanwhile."""
        confirms, self._confirms = self._confirms, []
        self.connection.broker.when_safe(lambda: self._confirm(confirms))

    def _confirm(self, confirms: list[tuple[int, bool]]) -> None:
        """One basic.ack or basic.nack for each run of equal answers."""
        if self.closing:
            return
        for accepted, run in groupby(confirms, key=itemgetter(1)):
            numbers = [number for number, _ in run]
            many = len(numbers) > 1 or not accepted
            self.connection.write(frames.confirm(self.number, numbers[-1], many, accepted))

    # --- deliveries

    def deliver(self, consumer: Consumer, entry: Entry) -> None:
        """Send a message to a consumer."""
        if not consumer.no_ack:
            consumer.unacked += 1
        delivery = Delivery(consumer.queue, entry, consumer)
        self._hand_out(delivery, consumer.prefix, b"", consumer.no_ack)

    def got(self, queue: Queue, entry: Entry, no_ack: bool) -> None:
        """Answer basic.get with a message."""
        left = queue.ready.count.to_bytes(4, "big")
        self._hand_out(Delivery(queue, entry, None), frames.GET_OK, left, no_ack)

    def _hand_out(self, delivery: Delivery, prefix: bytes, suffix: bytes, no_ack: bool) -> None:
        """Send a message under the next tag, and keep it until it is acknowledged."""
        self._tag += 1
        queue, entry, _ = delivery
        payload = frames.deliver(prefix, self._tag, entry.redelivered, entry.message)
        self._content(payload + suffix, entry.message, queue.header(entry))
        if no_ack:
            queue.done(entry)
        else:
            self.unacked[self._tag] = delivery

    def cancelled(self, consumer: Consumer) -> None:
        """Tell the client that its consumer's queue is gone, if it can be told."""
        self.consumers.pop(consumer.tag, None)
        if self.connection.capabilities.get("consumer_cancel_notify") and not self.closing:
            self.send(commands.Basic.Cancel(consumer.tag, nowait=True))

    # --- acknowledgements

    def on_ack(self, payload: bytes) -> None:
        """basic.ack, the method that comes most often after publish."""
        tag, multiple = frames.ack(payload)
        if multiple or self.transaction is not None or tag not in self.unacked:
            self.settle(tag, multiple, "ack")
            return
        queue, entry, consumer = self.unacked.pop(tag)
        queue.done(entry)
        if consumer is not None:
            consumer.settled()

    def settle(self, tag: int, multiple: bool, how: str, *, failed: bool = False) -> None:
        """Settle deliveries, now or at tx.commit. Raises 406 for a tag that is not outstanding."""
        if multiple and tag == 0:
            tags = list(self.unacked)
        elif tag not in self.unacked:
            raise AmqpError(406, f"unknown delivery tag {tag}")
        else:
            tags = list(takewhile(tag.__ge__, self.unacked)) if multiple else [tag]
        settlement = Settlement({one: self.unacked.pop(one) for one in tags}, how, failed)
        if self.transaction is not None:
            self.transaction.settlements.append(settlement)
        else:
            self._apply(settlement)

    def _apply(self, settlement: Settlement) -> None:
        deliveries, how, failed = settlement
        back: dict[Queue, list[Entry]] = {}
        for queue, entry, consumer in deliveries.values():
            if how == "ack" or queue.deleted:
                queue.done(entry)
            elif how == "reject":
                queue.discard(entry, failed=failed)
            else:
                back.setdefault(queue, []).append(entry)
            if consumer is not None:
                consumer.settled()
        for queue, entries in back.items():
            queue.requeue(entries, failed=failed)

    def recover(self, *, failed: bool = False) -> None:
        """Return all outstanding deliveries to their queues."""
        deliveries, self.unacked = self.unacked, {}
        self._apply(Settlement(deliveries, "requeue", failed))

    # --- transactions

    def commit(self, transaction: Transaction) -> None:
        """Make its publishes and acknowledgements count.

        Raises 506 when a queue has gone, and 406 when a full queue has rejected a publish.
        """
        accepted = True
        while transaction.publishes:
            publish = transaction.publishes.pop(0)
            publish.check()
            accepted &= self._enqueue(*publish)
        settlements, transaction.settlements = transaction.settlements, []
        for settlement in settlements:
            self._apply(settlement)
        if not accepted:
            raise AmqpError(406, "partial tx completion")

    def rollback(self, transaction: Transaction) -> None:
        """Forget its publishes; its acknowledged deliveries are outstanding again."""
        transaction.publishes.clear()
        for settlement in transaction.settlements:
            self.unacked.update(settlement.deliveries)
        transaction.settlements.clear()
        self.unacked = dict(sorted(self.unacked.items()))

    # --- the end

    def close(self) -> None:
        """Give everything back: consumers go, outstanding deliveries return to their queues."""
        self.closing = True
        if self.transaction:
            self.rollback(self.transaction)
        replies.close(self)
        consumers, self.consumers = list(self.consumers.values()), {}
        for consumer in consumers:
            consumer.queue.remove_consumer(consumer)
        self.recover(failed=True)
