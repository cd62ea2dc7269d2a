"""The quorum queue as one node shows it: delivery limit, returns, strict priorities, delayed retry.

Facts: RabbitMQ 4.3 docs, "Quorum Queues": poison messages, priorities, delayed retry.
There is no replication here, and nothing to elect.
"""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING

from burrow import tables
from burrow.arguments import Arguments
from burrow.message import Message, with_headers
from burrow.queue import Queue, now
from burrow.ready import Entry

if TYPE_CHECKING:
    from burrow.vhost import Vhost

DELIVERY_LIMIT = 20
PRIORITIES = 32
DEFAULT_PRIORITY = 4
MAX_UNACKED = 2000  # per consumer, also when its prefetch is unlimited


class QuorumQueue(Queue):
    """A queue that counts how often a message failed, and serves what came back first."""

    type = "quorum"

    def __init__(self, vhost: Vhost, name: str, *, durable: bool, owner: object | None,
                 auto_delete: bool, arguments: Arguments) -> None:  # fmt: skip
        super().__init__(vhost, name, durable=durable, owner=owner, auto_delete=auto_delete,
                         arguments=arguments)  # fmt: skip
        limit = arguments.get("x-delivery-limit")
        self.delivery_limit = limit if isinstance(limit, int) else DELIVERY_LIMIT
        if self.overflow == "reject-publish-dlx":
            self.overflow = "drop-head"  # quorum queues have no reject-publish-dlx
        self._delayed: list[tuple[int, int, Entry]] = []  # due in ms, sequence, entry
        self._retry = str(arguments.get("x-delayed-retry-type", "disabled"))
        self._retry_min = arguments.get("x-delayed-retry-min")
        self._retry_max = arguments.get("x-delayed-retry-max", self._retry_min)
        if not isinstance(self._retry_min, int) or self._retry not in ("all", "failed", "returned"):
            self._retry = "disabled"

    def _persists(self, message: Message) -> bool:
        return True

    def _priority(self, message: Message) -> int:
        given = message.properties.priority
        return DEFAULT_PRIORITY if given is None else min(given, PRIORITIES - 1)

    def _would_overflow(self, message: Message) -> bool:
        # Publishers learn that the queue is over its limit, not that the next one would be.
        return self._over(self.ready.count, self.ready.size)

    def requeue(self, entries: list[Entry], *, failed: bool) -> None:
        """Take deliveries back, to be served before the others in the order they came back.

        `failed` says whether this counts towards the delivery limit: a reject, a closed channel
        and a lost connection do, basic.nack does not (4.3).
        """
        for entry in entries:
            entry.acquired += 1
            entry.failures += failed
            if 0 <= self.delivery_limit < entry.failures:
                self._drop(entry, "delivery_limit")
            elif self._retry == "all" or self._retry == ("failed" if failed else "returned"):
                self._delay(entry)
            else:
                self.ready.put_first(entry)
        if self._expiring:
            self._drop_expired()
        self._settle()

    def _delay(self, entry: Entry) -> None:
        low, high = int(self._retry_min or 0), int(self._retry_max or 0)
        due = now() + min(low * max(1, entry.failures), high)
        heapq.heappush(self._delayed, (due, entry.sequence, entry))
        asyncio.get_running_loop().call_later((due - now()) / 1000, self._retry_due)

    def _retry_due(self) -> None:
        while self._delayed and self._delayed[0][0] <= now() + 1:
            self.ready.put_first(heapq.heappop(self._delayed)[2])
        if not self.deleted:
            self._settle()

    def header(self, entry: Entry) -> bytes:
        """The content header to deliver, with the counts of a message that came back."""
        if not entry.redelivered:
            return entry.message.header
        acquired = entry.acquired or entry.message.failures
        failures = entry.failures or entry.message.failures
        names = (b"x-acquired-count", b"x-delivery-count")
        fields = [f for f in entry.message.properties.headers or [] if f[0] not in names]
        fields.append((names[0], tables.long(acquired)))
        if failures:
            fields.append((names[1], tables.long(failures)))
        return with_headers(entry.message.header, fields)

    def consumer_count(self) -> int:
        """How many consumers declare-ok tells of: with single active consumer, the active one."""
        return min(super().consumer_count(), 1) if self.single else super().consumer_count()

    def close(self) -> None:
        """Drop everything, also what waits for its retry."""
        for _, _, entry in self._delayed:
            self.done(entry)
        self._delayed.clear()
        super().close()
