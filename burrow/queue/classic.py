"""The classic queue: messages in order, who gets them, when they expire, what is dropped.

Facts: RabbitMQ docs, "Queues", "Time-To-Live", "Queue Length Limit", "Dead Letter Exchanges".
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from burrow.message import Message
from burrow.queue.arguments import Arguments
from burrow.queue.consumers import Consumer, Consumers
from burrow.queue.ready import Entry, Limit, Ready

if TYPE_CHECKING:
    from burrow.exchange.exchanges import Binding
    from burrow.vhost import Vhost


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


@dataclass(eq=False)
class Queue:
    """A classic queue, and the base of the quorum queue.

    `owner` is the connection of an exclusive queue, `bound_to` the bindings that lead here.
    """

    kind: ClassVar[str] = "queue"
    type: ClassVar[str] = "classic"
    vhost: Vhost
    name: str
    arguments: Arguments
    durable: bool
    auto_delete: bool = False
    owner: object = None
    bound_to: dict[tuple[str, Any], Binding] = field(default_factory=dict)

    def __post_init__(self) -> None:
        arguments = self.arguments
        self.ttl: int | None = arguments.get("x-message-ttl")
        self.expires: int | None = arguments.get("x-expires")
        self.max_priority: int = arguments.get("x-max-priority", 0)
        self.overflow: str = arguments.get("x-overflow", "drop-head")
        self.dead_letter_exchange: str | None = arguments.get("x-dead-letter-exchange")
        self.single: bool = arguments.get("x-single-active-consumer", False)
        self.limit = Limit(arguments.get("x-max-length"), arguments.get("x-max-length-bytes"))
        self.limited = self.limit != (None, None)
        self.consumers = Consumers(self)
        self.ready = Ready(self._size_of)
        self.deleted = False
        self.used = now()
        self._sequence = 0
        self._pumping = False
        self._expiring = False  # some entry has, or had, a time to live
        self._timer: asyncio.TimerHandle | None = None
        self._due: int | None = None  # when the timer will go off

    def __str__(self) -> str:
        return f"queue '{self.name}' in vhost '{self.vhost.name}'"

    # --- in

    def publish(self, message: Message) -> bool:
        """Take a message; False when the queue is full and rejects publishes."""
        if self.limited and self.overflow != "drop-head" and self._would_overflow(message):
            if self.overflow == "reject-publish-dlx":
                self._dead_letter(message, "maxlen", 0)
            return False
        self._sequence += 1
        entry = self._entry(message)
        self.vhost.broker.memory += message.cost
        store = self.vhost.broker.store
        if store is not None and self.durable and self._persists(message):
            store.add(self, entry)
        self.ready.append(entry)
        self._settle()
        if message.failures:  # a dead letter; too late for one that went straight to a consumer
            entry.redelivered = True
        return True

    def restore(self, entry: Entry) -> None:
        """Put back an entry that was read from disk."""
        self._sequence = max(self._sequence, entry.sequence)
        self.vhost.broker.memory += entry.message.cost
        self.ready.append(entry)
        if entry.expires is not None and not self._expiring:
            self._expiring = True
            asyncio.get_running_loop().call_soon(self._drop_expired)

    def requeue(self, entries: list[Entry], *, failed: bool) -> None:
        """Take deliveries back; `failed` unless by basic.nack, which quorum queues excuse."""
        for entry in self._came_back(entries):
            entry.acquired += 1
            entry.failures += failed
            entry.redelivered = True
            self._replace(entry, failed)
        if self._expiring:
            self._drop_expired()
        self._settle()

    def _came_back(self, entries: list[Entry]) -> list[Entry]:
        return sorted(entries, key=lambda one: one.sequence, reverse=True)

    def _replace(self, entry: Entry, failed: bool) -> None:
        self.ready.insert(entry)

    def _settle(self) -> None:
        """After a message came in: hand out, hold the limits, drop what expired.

        A classic queue looks for what expired only when this can have changed its head.
        """
        self._deliver()
        trimmed = self.limited and self.overflow == "drop-head" and self._trim()
        if self._expiring and (trimmed or self.ready.count == 1 or self.type == "quorum"):
            self._drop_expired()

    def _entry(self, message: Message) -> Entry:
        return Entry(message, self._sequence, self._priority(message), self._expiry(message))

    def _persists(self, message: Message) -> bool:
        return message.properties.persistent

    @staticmethod
    def _size_of(message: Message) -> int:
        """Its bytes, as x-max-length-bytes counts them."""
        return len(message.body)

    def _priority(self, message: Message) -> int:
        return min(message.properties.priority or 0, self.max_priority)

    def _expiry(self, message: Message) -> int | None:
        limits = [ms for ms in (self.ttl, message.properties.expiration) if ms is not None]
        if not limits:
            return None
        self._expiring = True
        return now() + min(limits)

    # --- out

    def get(self) -> Entry | None:
        """The next message for basic.get, None when there is none."""
        self.used = now()
        entry = self.ready.take()
        if self._expiring:
            self._drop_expired()
        return entry

    def pump(self) -> None:
        """Hand out messages at the end of this turn."""
        if not self._pumping and self.ready.count:
            self._pumping = True
            self.vhost.broker.soon(self._deliver)

    def _deliver(self) -> None:
        self._pumping = False
        while self.ready.count and self.consumers.all:
            consumer = self.consumers.next()
            if consumer is None or (entry := self.ready.take()) is None:
                return
            consumer.channel.deliver(consumer, entry)
            if self._expiring:
                self._drop_expired()

    def header(self, entry: Entry) -> bytes:
        """The content header to deliver."""
        return entry.message.header

    def done(self, entry: Entry) -> None:
        """A message left the queue for good: acknowledged, dropped or dead-lettered."""
        broker = self.vhost.broker
        broker.memory -= entry.message.cost
        if entry.stored and broker.store is not None:
            broker.store.remove(self, entry)

    def discard(self, entry: Entry, *, failed: bool) -> None:
        """basic.reject (`failed`) or basic.nack without requeue."""
        entry.failures += failed
        self._drop(entry, "rejected")

    def _drop(self, entry: Entry, reason: str) -> None:
        self._dead_letter(entry.message, reason, entry.failures)
        self.done(entry)

    def _dead_letter(self, message: Message, reason: str, failures: int) -> None:
        if self.dead_letter_exchange is not None:
            self.vhost.routing.dead_letter(self, message, reason, failures or message.failures)

    # --- limits and time

    def _would_overflow(self, message: Message) -> bool:
        return self.limit.exceeded(self.ready.count + 1, self.ready.size + self._size_of(message))

    def _trim(self) -> bool:
        """Drop what is over the limits; whether anything was."""
        ready, before = self.ready, self.ready.count
        while self.limit.exceeded(ready.count, ready.size) and (entry := ready.take()):
            self._drop(entry, "maxlen")
        return ready.count < before

    def _drop_expired(self) -> None:
        """Drop what expired at the head, and come back when the next head is due."""
        each = self.type == "quorum"  # of its priorities has a head
        for entry in self.ready.expired(now(), each):
            self._drop(entry, "expired")
        due = None if self.deleted else self.ready.next_expiry(each)
        if due == self._due:
            return
        self._due = due
        if self._timer is not None:
            self._timer.cancel()
        if due is not None:
            wait = max(due - now(), 0) / 1000
            self._timer = asyncio.get_running_loop().call_later(wait, self._on_timer)

    def _on_timer(self) -> None:
        self._due = None
        self._drop_expired()

    # --- the queue itself

    def consumer_count(self) -> int:
        """How many consumers declare-ok tells of."""
        return len(self.consumers.all)

    def remove_consumer(self, consumer: Consumer) -> None:
        """Forget a consumer; the last one to go takes an auto-delete queue with it."""
        self.consumers.remove(consumer)
        self.used = now()
        if self.auto_delete and not self.consumers.all:
            self.vhost.remove_queue(self)
        elif not self.deleted:
            self.pump()

    def purge(self) -> int:
        """Drop all ready messages without dead-lettering; the number dropped."""
        dropped = self.ready.count
        while (entry := self.ready.take()) is not None:
            self.done(entry)
        return dropped

    def close(self) -> None:
        """Drop everything; part of deleting the queue."""
        self.deleted = True
        self.purge()
        if self._timer is not None:
            self._timer.cancel()
