"""The way out of one direction: at once, behind a frame that is held, or at a slower pace."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, NamedTuple

from course.tap.entry import Entry
from course.tap.rules import Lock, Throttle

if TYPE_CHECKING:
    from course.tap.side import Side

TICK_SECONDS = 0.02  # a throttled direction sends a little so often
BACKLOG = 64 << 10  # bytes that wait at a throttle before the sender has to
HELD, THROTTLED = "a rule holds frames", "a rule throttles"


class Item(NamedTuple):
    """Bytes that wait, why, what they say, and what to do once they are sent."""

    data: bytes
    locks: Collection[Lock]
    entry: Entry | None
    then: Callable[[], None] | None


class Gate:
    """Sends to `target` what came from `source`. Order within a channel is kept."""

    def __init__(self, source: Side, target: Side, limit: int) -> None:
        self.source = source
        self.target = target
        self.limit = limit
        self.throttle: Throttle | None = None
        self.queues: dict[int, deque[Item]] = {}  # by channel
        self._held = 0
        self._backlog: deque[bytes] = deque()
        self._waiting = 0
        self._ticking = False

    def send(
        self,
        channel: int,
        data: bytes,
        locks: Collection[Lock] = (),
        entry: Entry | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Send, once the locks are open and all that is before it on the channel is sent."""
        queue = self.queues.get(channel)
        if queue is None and not locks:
            self.write(data)
            if then:
                then()
            return
        if queue is None:
            queue = self.queues[channel] = deque()
        queue.append(Item(data, locks, entry, then))
        self._held += len(data)
        if self._held > self.limit:
            self.source.hold_back(HELD)

    def open(self, locks: Collection[Lock], kind: str) -> None:
        """Open locks, and send what waited for them only."""
        for lock in locks:
            lock.open = True
        for channel, queue in list(self.queues.items()):
            while queue and all(lock.open for lock in queue[0].locks):
                item = queue.popleft()
                self._held -= len(item.data)
                self.write(item.data)
                if item.locks:
                    self.source.link.released(self.source.sender, channel, item.entry, kind)
                if item.then:
                    item.then()
                if self.source.link.closed:
                    return
            if not queue:
                self.queues.pop(channel, None)
        if self._held <= self.limit:
            self.source.go_on(HELD)

    def write(self, data: bytes) -> None:
        """Send, at the throttle's pace if there is one."""
        if self.source.link.blackhole:
            return
        if self.throttle is None and not self._backlog:
            self.target.write(data)
            return
        self._backlog.append(data)
        self._waiting += len(data)
        if self._waiting > BACKLOG:
            self.source.hold_back(THROTTLED)
        if not self._ticking:
            self._ticking = True
            self._tick()

    def _tick(self) -> None:
        rate = self.throttle.bytes_per_second if self.throttle else float("inf")
        due = min(max(1, rate * TICK_SECONDS), self._waiting)
        pause = max(TICK_SECONDS, 1 / rate)
        while self._backlog and due > 0:
            data = self._backlog.popleft()
            if len(data) > due:
                self._backlog.appendleft(data[int(due) :])
                data = data[: int(due)]
            due -= len(data)
            self._waiting -= len(data)
            self.target.write(data)
        if self._waiting <= BACKLOG:
            self.source.go_on(THROTTLED)
        if self._backlog:
            self.source.link.hub.loop.call_later(pause, self._tick)
        else:
            self._ticking = False

    def close(self) -> list[tuple[int, Entry]]:
        """Send what only the pace held up; return the channel and the entry of what is held."""
        self.throttle = None
        while self._backlog:
            self.target.write(self._backlog.popleft())
        self._waiting = 0
        held = [(channel, item.entry) for channel, queue in self.queues.items()
                for item in queue if item.entry]  # fmt: skip
        self.queues.clear()
        return held
