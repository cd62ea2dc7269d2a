"""The messages of a queue that are ready for delivery, in the order they will go. Pure, no I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from burrow.message import Message


@dataclass(slots=True, eq=False)
class Entry:
    """A message's place in one queue; `expires` in ms since 1970, None for never."""

    message: Message
    sequence: int
    priority: int
    expires: int | None
    acquired: int = 0  # times it was handed out and came back
    failures: int = 0  # of those, returned by reject or by a channel that ended
    stored: bool = False
    redelivered: bool = False  # whether somebody may have seen this message before


class Limit(NamedTuple):
    """The most messages, and bytes of bodies, that may be ready; None for any."""

    length: int | None
    size: int | None

    @property
    def set(self) -> bool:
        """Whether there is a limit."""
        return self.length is not None or self.size is not None

    def exceeded(self, length: int, size: int) -> bool:
        """Whether so many messages and bytes are too many."""
        if self.length is not None and length > self.length:
            return True
        return self.size is not None and size > self.size


class Ready:
    """One line for each priority; within it, the order of publishing.

    `count` messages with `size` bytes of bodies. What quorum queues got back stands in a line of
    its own, before all others.
    """

    __slots__ = ("_levels", "_order", "count", "returns", "size")

    def __init__(self) -> None:
        self._levels: dict[int, deque[Entry]] = {0: deque()}
        self._order = [0]  # the priorities in use, highest first
        self.returns: deque[Entry] = deque()
        self.count = 0
        self.size = 0

    def append(self, entry: Entry) -> None:
        """A new message goes last."""
        self._level(entry).append(entry)
        self._counted(entry)

    def insert(self, entry: Entry) -> None:
        """A message that was delivered goes back to its old place."""
        level = self._level(entry)
        place = 0
        while place < len(level) and level[place].sequence < entry.sequence:
            place += 1
        level.insert(place, entry)
        self._counted(entry)

    def put_first(self, entry: Entry) -> None:
        """A message that was delivered goes to the line of those that came back."""
        self.returns.append(entry)
        self._counted(entry)

    def take(self) -> Entry | None:
        """The next message, None when there is none."""
        if not self.count:
            return None
        level = self.returns
        if not level:
            level = next(self._levels[key] for key in self._order if self._levels[key])
        return self._pop(level)

    def expired(self, moment: int, each: bool) -> Iterator[Entry]:
        """Take out what has expired by `moment` (ms since 1970) at the head: of `each` line, or of
        the first line only, going on to the next when nothing is left of it.
        """
        for level in self._lines():
            while level and level[0].expires is not None and level[0].expires <= moment:
                yield self._pop(level)
            if level and not each:
                return

    def next_expiry(self, each: bool) -> int | None:
        """When the first of these heads expires, in ms since 1970; None for never."""
        due = [level[0].expires for level in self._lines() if level][: None if each else 1]
        return min((moment for moment in due if moment is not None), default=None)

    def entries(self) -> Iterator[Entry]:
        """All of them, in no particular order."""
        for level in self._lines():
            yield from level

    def _lines(self) -> list[deque[Entry]]:
        return [self.returns, *(self._levels[priority] for priority in self._order)]

    def _level(self, entry: Entry) -> deque[Entry]:
        level = self._levels.get(entry.priority)
        if level is None:
            level = self._levels[entry.priority] = deque()
            self._order = sorted(self._levels, reverse=True)
        return level

    def _counted(self, entry: Entry) -> None:
        self.count += 1
        self.size += len(entry.message.body)

    def _pop(self, level: deque[Entry]) -> Entry:
        entry = level.popleft()
        self.count -= 1
        self.size -= len(entry.message.body)
        return entry
