"""A channel: publishes in, deliveries out, acknowledgements, confirms and transactions.

AMQP 0-9-1 sections 1.5 to 1.9; RabbitMQ docs, "Consumer Acknowledgements and Publisher Confirms".
"""

from __future__ import annotations

from itertools import groupby, takewhile
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from pamqp import base, commands

from burrow import frames, reply_to
from burrow.arguments import Arguments
from burrow.consumers import Consumer
from burrow.content import Content
from burrow.errors import AmqpError
from burrow.message import Message, carbon_copies, read_properties, with_headers
from burrow.queue import Queue
from burrow.ready import Entry

if TYPE_CHECKING:
    from burrow.connection import Connection
    from burrow.exchange import Exchange


class Delivery(NamedTuple):
    """A message that a client holds: from which queue, and through which consumer if any."""

    queue: Queue
    entry: Entry
    consumer: Consumer | None


class Settlement(NamedTuple):
    """Acknowledgements that wait for tx.commit."""

    tags: list[int]
    deliveries: list[Delivery]
    how: str  # ack, reject or requeue
    failed: bool


class Channel:
    """One channel of one connection."""

    def __init__(self, connection: Connection, number: int) -> None:
        self.connection = connection
        self.number = number
        self.arguments = Arguments()  # of the method that is being handled
        self.vhost = connection.vhost
        self.consumers: dict[str, Consumer] = {}
        self.unacked: dict[int, Delivery] = {}
        self.prefetch = 0
        self.last_queue = ""
        self.closing = False
        self.confirming = False
        self.transaction: list[Settlement | tuple[Message, tuple[Queue, ...], bool]] | None = None
        self.reply = reply_to.ReplyTo(self)
        self._tag = 0
        self._published = 0
        self._confirms: list[tuple[int, bool]] = []
        self.content = Content(connection.broker.max_message, self.publish)

    def send(self, reply: base.Frame) -> None:
        """Queue a method frame for the client."""
        self.connection.write(frames.encode(self.number, reply))

    def _content(self, payload: bytes, message: Message, header: bytes) -> None:
        limit = self.connection.frame_max
        self.connection.write(frames.content(self.number, payload, message, header, limit))

    # --- publishing

    def publish(self, method: bytes, header: bytes, body: bytes) -> None:
        """A message has arrived: check it, route it. Raises 403, 404, 406 and 540."""
        name, key, mandatory, immediate = frames.publish(method)
        exchange = self.vhost.exchanges.get(name) or self.vhost.exchange(name)
        if exchange.internal:
            raise AmqpError(403, f"cannot publish to internal exchange '{name}' in vhost "
                                 f"'{self.vhost.name}'")  # fmt: skip
        if immediate:
            raise AmqpError(540, "immediate=true")
        try:
            properties = read_properties(header)
        except ValueError:
            raise AmqpError(541, "") from None  # RabbitMQ's channel crashes here
        if properties.user_id not in (None, user := self.connection.user):
            raise AmqpError(406, f"user_id property set to '{properties.user_id}' but "
                                 f"authenticated user was '{user}'")  # fmt: skip
        if properties.reply_to == reply_to.NAME:
            header = self.reply.address(header)
            properties = read_properties(header)
        keys: tuple[str, ...] = (key,)
        blind = 0
        if properties.headers:
            copies, hidden = carbon_copies(properties.headers)
            keys, blind = (key, *copies, *hidden), len(hidden)
            if blind:
                header = with_headers(header, [f for f in properties.headers if f[0] != b"BCC"])
                properties = read_properties(header)
        message = Message(name, keys, header, body, properties, blind=blind)
        self._publish_message(exchange, message, mandatory)

    def _publish_message(self, exchange: Exchange, message: Message, mandatory: bool) -> None:
        queues = self.vhost.routing.route(exchange, message)
        if self.transaction is not None:
            self.transaction.append((message, queues, mandatory))
            return
        accepted = self._enqueue(message, queues, mandatory)
        if self.confirming:
            if not self._confirms:
                self.connection.broker.soon(self._confirm_when_safe)
            self._published += 1
            self._confirms.append((self._published, accepted))

    def _enqueue(self, message: Message, queues: tuple[Queue, ...], mandatory: bool) -> bool:
        accepted = self.vhost.routing.publish(message, queues)
        if not queues:
            replied = message.exchange == "" and reply_to.deliver(self.connection.broker, message)
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
        """Send a message to a consumer, and keep it until it is acknowledged."""
        self._tag += 1
        message = entry.message
        payload = frames.deliver(consumer.prefix, self._tag, entry.redelivered, message)
        self._content(payload, message, consumer.queue.header(entry))
        if consumer.no_ack:
            consumer.queue.done(entry)
        else:
            consumer.unacked += 1
            self.unacked[self._tag] = Delivery(consumer.queue, entry, consumer)

    def got(self, queue: Queue, entry: Entry, no_ack: bool) -> None:
        """Answer basic.get with a message."""
        self._tag += 1
        message = entry.message
        payload = frames.get_ok(self._tag, entry.redelivered, message, queue.ready.count)
        self._content(payload, message, queue.header(entry))
        if no_ack:
            queue.done(entry)
        else:
            self.unacked[self._tag] = Delivery(queue, entry, None)

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
        """ack, reject or requeue deliveries. Raises 406 for a tag that is not outstanding.

        `failed`: a requeue that counts towards a quorum queue's delivery limit.
        """
        if multiple and tag == 0:
            tags = list(self.unacked)
        elif tag not in self.unacked:
            raise AmqpError(406, f"unknown delivery tag {tag}")
        else:
            tags = list(takewhile(tag.__ge__, self.unacked)) if multiple else [tag]
        settlement = Settlement(tags, [self.unacked.pop(one) for one in tags], how, failed)
        if self.transaction is not None:
            self.transaction.append(settlement)
        else:
            self._apply(settlement)

    def _apply(self, settlement: Settlement) -> None:
        back: dict[Queue, list[Entry]] = {}
        for queue, entry, consumer in settlement.deliveries:
            if settlement.how == "requeue" and not queue.deleted:
                back.setdefault(queue, []).append(entry)
            elif settlement.how == "reject" and not queue.deleted:
                queue.discard(entry, failed=settlement.failed)
            else:
                queue.done(entry)
            if consumer is not None:
                consumer.settled()
        for queue, entries in back.items():
            queue.requeue(entries, failed=settlement.failed)

    def recover(self, *, failed: bool = False) -> None:
        """Return all outstanding deliveries to their queues."""
        deliveries, self.unacked = list(self.unacked.values()), {}
        self._apply(Settlement([], deliveries, "requeue", failed))

    # --- transactions

    def commit(self) -> None:
        """Make the transaction's publishes and acknowledgements count."""
        work, self.transaction = self.transaction or [], []
        for step in work:
            if isinstance(step, Settlement):
                self._apply(step)
            else:
                self._enqueue(*step)

    def rollback(self) -> None:
        """Forget the transaction's publishes; its acknowledged deliveries are outstanding again."""
        work, self.transaction = self.transaction or [], []
        for step in work:
            if isinstance(step, Settlement):
                self.unacked.update(zip(step.tags, step.deliveries, strict=True))
        self.unacked = dict(sorted(self.unacked.items()))

    # --- the end

    def close(self) -> None:
        """Give everything back: consumers go, outstanding deliveries return to their queues."""
        self.closing = True
        if self.transaction:
            self.rollback()
        self.reply.close()
        consumers, self.consumers = list(self.consumers.values()), {}
        for consumer in consumers:
            consumer.queue.remove_consumer(consumer)
        self.recover(failed=True)
