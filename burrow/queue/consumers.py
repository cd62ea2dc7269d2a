"""Who gets the next message: turns, priorities, prefetch, single active consumer.

Facts: RabbitMQ docs, "Consumer Prefetch", "Consumer Priorities", "Consumers" (single active).
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burrow.errors import AmqpError
from burrow.wire.frames import DELIVER
from burrow.wire.tables import short_string

if TYPE_CHECKING:
    from burrow.channel.channel import Channel
    from burrow.queue.classic import Queue


@dataclass(eq=False)
class Consumer:
    """One basic.consume. `limit` is the most unacknowledged deliveries it may have, 0 for any."""

    tag: str
    channel: Channel
    queue: Queue
    no_ack: bool
    exclusive: bool = False
    limit: int = 0
    priority: int = 0
    unacked: int = 0
    waiting: bool = False

    def __post_init__(self) -> None:
        self.prefix = DELIVER + short_string(self.tag)

    def ready(self) -> bool:
        """Whether it may get one more message now."""
        channel = self.channel
        if channel.closing or channel.connection.congested:
            return False
        return not self.limit or self.unacked < self.limit

    def settled(self) -> None:
        """One of its deliveries was acknowledged or returned."""
        self.unacked -= 1
        if self.waiting:
            self.queue.consumers.wake(self)


class Consumers:
    """The consumers of one queue.

    The highest priority goes first, and equals take turns. Those that cannot take more stand
    aside until an acknowledgement, or room in their socket, wakes them.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self.all: list[Consumer] = []
        self.active: Consumer | None = None  # of a queue with a single active consumer
        self._retiring = False  # the active one gets no more, and is replaced once all is settled
        self._line: list[Consumer] = []  # those that may take more, in their turns

    def add(self, consumer: Consumer) -> None:
        """Register a consumer, last in its turn. Raises 403 when one wants the queue for itself."""
        exclusive = consumer.exclusive or (self.all and self.all[0].exclusive)
        if exclusive and self._queue.type == "classic" and (self.all or self._queue.single):
            raise AmqpError(403, f"{self._queue} in exclusive use")
        self.all.append(consumer)
        self._line_up(consumer)
        self._queue.pump()

    def remove(self, consumer: Consumer) -> None:
        """Forget a consumer; its unacknowledged deliveries stay with its channel."""
        self.all.remove(consumer)
        if self._queue.single:
            if self.active is consumer:
                self.active, self._retiring = None, False
            self._elect()
        elif not consumer.waiting:
            self._line.remove(consumer)

    def wake(self, consumer: Consumer) -> None:
        """A consumer that stood aside can take messages again."""
        consumer.waiting = False
        if consumer in self.all:
            self._line_up(consumer)
            self._queue.pump()

    def next(self) -> Consumer | None:
        """The consumer for the next message, None when nobody can take it."""
        if self._queue.single:
            self._elect()
            chosen = self.active
            if chosen is None or (chosen.ready() and not self._retiring):
                return chosen
            chosen.waiting = True
            return None
        quorum = self._queue.type == "quorum"  # gives up its turn with the last of its limit
        while self._line:
            chosen = self._line.pop(0)
            if chosen.ready():
                chosen.waiting = quorum and chosen.unacked + 1 == chosen.limit
                if not chosen.waiting:
                    self._line_up(chosen)
                return chosen
            chosen.waiting = True
        return None

    def _line_up(self, consumer: Consumer) -> None:
        if self._queue.single:
            self._elect()
        else:
            insort(self._line, consumer, key=lambda one: -one.priority)

    def _elect(self) -> None:
        """Single active consumer: keep the active one, or choose the next.

        On a quorum queue one with a higher priority takes over. The active one gets nothing more
        from then on, and is replaced when nothing of it is unacknowledged.
        """
        best = max(self.all, key=lambda one: one.priority, default=None)
        now = self.active
        if now and best and self._queue.type == "quorum" and best.priority > now.priority:
            self._retiring = True
        if now is None or (self._retiring and not now.unacked):
            self.active, self._retiring = best, False
