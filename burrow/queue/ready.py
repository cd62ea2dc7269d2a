"""The messages of a queue that are ready for delivery, in the order they will go. Pure, no I/O."""

import math
from collections import deque
from collections.abc import Callable, Iterator
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
    """The most messages, and bytes of them, that may be ready; None for any."""

    length: int | None
    size: int | None

    def exceeded(self, length: int, size: int) -> bool:
        """Whether so many messages and bytes are too many."""
        if self.length is not None and length > self.length:
            return True
        return self.size is not None and size > self.size


class Ready:
    """One line for each priority; within it, the order of publishing.

    `count` messages with `size` bytes, as `size_of` counts them. What quorum queues got back stands
    in a line of its own, before all others.
    """

    def __init__(self, size_of: Callable[[Message], int]) -> None:
        self._size_of = size_of
        self._lines: dict[float, deque[Entry]] = {0: deque()}  # the highest priority first
        self.count = 0
        self.size = 0

    def append(self, entry: Entry) -> None:
        """A new message goes last."""
        self._line(entry.priority).append(entry)
        self._counted(entry)

    def insert(self, entry: Entry) -> None:
        """A message that was delivered goes back to its old place."""
        line = self._line(entry.priority)
        place = 0
        while place < len(line) and line[place].sequence < entry.sequence:
            place += 1
        line.insert(place, entry)
        self._counted(entry)

    def put_first(self, entry: Entry) -> None:
        """A message that was delivered goes to the line of those that came back."""
        self._line(math.inf).append(entry)
        self._counted(entry)

    def take(self) -> Entry | None:
        """The next message, None when there is none."""
        for line in self._lines.values():
            if line:
                return self._pop(line)
        return None

    def expired(self, moment: int, each: bool) -> Iterator[Entry]:
        """Take out what has expired by `moment` (ms since 1970) at the head: of `each` line, or of
        the first line only, going on to the next when nothing is left of it.
        """
        for line in self._lines.values():
            while line and line[0].expires is not None and line[0].expires <= moment:
                yield self._pop(line)
            if line and not each:
                return

    def next_expiry(self, each: bool) -> int | None:
        """When the first of these heads expires, in ms since 1970; None for never."""
        due = [line[0].expires for line in self._lines.values() if line][: None if each else 1]
        return min((moment for moment in due if moment is not None), default=None)

    def entries(self) -> Iterator[Entry]:
        """All of them, in no particular order."""
        for line in self._lines.values():
            yield from line

    def _line(self, priority: float) -> deque[Entry]:
        if priority not in self._lines:
            self._lines[priority] = deque()
            self._lines = dict(sorted(self._lines.items(), reverse=True))
        return self._lines[priority]

    def _counted(self, entry: Entry) -> None:
        self.count += 1
        self.size += self._size_of(entry.message)

    def _pop(self, line: deque[Entry]) -> Entry:
        entry = line.popleft()
        self.count -= 1
        self.size -= self._size_of(entry.message)
        return entry
