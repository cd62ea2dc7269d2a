"""The quorum queue as one node shows it: delivery limit, returns, strict priorities, delayed retry.

Facts: RabbitMQ 4.3 docs, "Quorum Queues": poison messages, priorities, delayed retry.
There is no replication here, and nothing to elect.
"""

import asyncio
import heapq

from burrow.message import Message, header_with
from burrow.queue.classic import Queue, now
from burrow.queue.ready import Entry
from burrow.wire import tables

DELIVERY_LIMIT = 20
PRIORITIES = 32
DEFAULT_PRIORITY = 4
MAX_UNACKED = 2000  # per consumer, also when its prefetch is unlimited


class QuorumQueue(Queue):
    """A queue that counts how often a message failed, and serves what came back first."""

    type = "quorum"

    def __post_init__(self) -> None:
        super().__post_init__()
        limit = self.arguments.get("x-delivery-limit")
        self.delivery_limit = limit if isinstance(limit, int) else DELIVERY_LIMIT
        if self.overflow == "reject-publish-dlx":
            self.overflow = "drop-head"  # quorum queues have no reject-publish-dlx
        self._delayed: list[tuple[int, int, Entry]] = []  # due in ms, sequence, entry
        least = self.arguments.get("x-delayed-retry-min")
        self._retry = self.arguments.get("x-delayed-retry-type") if isinstance(least, int) else None
        self._waits = int(least or 0), int(self.arguments.get("x-delayed-retry-max") or least or 0)

    def _entry(self, message: Message) -> Entry:
        entry = super()._entry(message)
        entry.failures = message.failures  # those in the queue where it died count on
        entry.redelivered = entry.failures > 0
        return entry

    def _persists(self, message: Message) -> bool:
        return True

    def _priority(self, message: Message) -> int:
        given = message.properties.priority
        return DEFAULT_PRIORITY if given is None else min(given, PRIORITIES - 1)

    @staticmethod
    def _size_of(message: Message) -> int:
        return message.published_size + len(message.body)

    def _would_overflow(self, message: Message) -> bool:
        # Publishers learn that the queue is over its limit, not that the next one would be.
        return self.limit.exceeded(self.ready.count, self.ready.size)

    def _came_back(self, entries: list[Entry]) -> list[Entry]:
        return entries

    def _replace(self, entry: Entry, failed: bool) -> None:
        """What came back is served before the others, in the order it came back.

        A reject, a closed channel and a lost connection count towards the delivery limit,
        basic.nack does not (4.3).
        """
        if 0 <= self.delivery_limit < entry.failures:
            self._drop(entry, "delivery_limit")
        elif self._retry == "all" or self._retry == ("failed" if failed else "returned"):
            self._delay(entry)
        else:
            self.ready.put_first(entry)

    def _delay(self, entry: Entry) -> None:
        least, most = self._waits
        wait = min(least * max(1, entry.failures), most)
        heapq.heappush(self._delayed, (now() + wait, entry.sequence, entry))
        asyncio.get_running_loop().call_later(wait / 1000, self._retry_due)

    def _retry_due(self) -> None:
        while self._delayed and self._delayed[0][0] <= now() + 1:
            self.ready.put_first(heapq.heappop(self._delayed)[2])
        if not self.deleted:
            self._settle()

    def header(self, entry: Entry) -> bytes:
        """The content header to deliver, with the counts of a message that came back."""
        message = entry.message
        if not entry.acquired and not entry.failures:
            return message.header
        names = (b"x-acquired-count", b"x-delivery-count")
        fields = [f for f in message.properties.headers or [] if f[0] not in names]
        fields.append((names[0], tables.encode(entry.acquired or entry.failures)))
        if entry.failures:
            fields.append((names[1], tables.encode(entry.failures)))
        return header_with(message.header, headers=tables.table(fields))

    def consumer_count(self) -> int:
        """How many consumers declare-ok tells of: with single active consumer, the active one."""
        return min(super().consumer_count(), 1) if self.single else super().consumer_count()

    def close(self) -> None:
        """Drop everything, also what waits for its retry."""
        for _, _, entry in self._delayed:
            self.done(entry)
        self._delayed.clear()
        super().close()
