"""The numbered events: the newest in memory, all of them in a file."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from course.tap.entry import Entry
from course.tap.event import Event

BATCH = 50  # events written to the file at once: between two such batches, traffic goes on
BEHIND = 5_000  # so many unwritten ones hold up the traffic


class Log:
    """Entries are added by the tap's loop, and read by any thread."""

    def __init__(self, newest: int, weight: int, record: Path | None, header: str) -> None:
        self._entries: deque[Entry] = deque()
        self._newest, self._most = newest, weight
        self._weight = 0
        self._last = 0
        self._changed = threading.Condition()
        self._waiting = 0
        self._unwritten: deque[Entry] = deque()
        self._file = record.open("w", encoding="utf-8", newline="\n") if record else None
        if self._file:
            self._file.write(header + "\n")
            self._file.flush()

    def add(self, entry: Entry) -> None:
        """Give the entry its number, and tell those who wait."""
        with self._changed:
            self._last += 1
            entry.number = self._last
            self._entries.append(entry)
            self._weight += entry.weigh()
            while len(self._entries) > self._newest or self._weight > self._most:
                self._weight -= self._entries.popleft().weight
            if self._waiting:
                self._changed.notify_all()
        if self._file:
            self._unwritten.append(entry)
            if len(self._unwritten) > BEHIND:
                self.write(BEHIND // 2)

    def write(self, count: int = BATCH) -> bool:
        """Write some of what is unwritten; whether that was all."""
        if self._file is None:
            return True
        lines: list[str] = []
        while self._unwritten and len(lines) < count:
            lines.append(self._unwritten.popleft().line() + "\n")
        if lines:
            self._file.write("".join(lines))
            if not self._unwritten:
                self._file.flush()
        return not self._unwritten

    def close(self) -> None:
        """Write the rest."""
        while not self.write():
            pass
        if self._file:
            self._file.close()
            self._file = None

    @property
    def recording(self) -> bool:
        """Whether there is a file to write."""
        return self._file is not None

    @property
    def last(self) -> int:
        """The number of the newest event."""
        return self._last

    def since(self, number: int) -> list[Event]:
        """The events after that one, as far as they are kept."""
        with self._changed:
            entries = self._since(number)
        return [entry.event() for entry in entries]

    def wait_for(
        self, predicate: Callable[[Event], object], seconds: float, after: int
    ) -> Event | None:
        """The first event after that number that fits, kept or still to come."""
        deadline = time.monotonic() + seconds
        while True:
            for event in self.since(after):
                after = event.number
                if predicate(event):
                    return event
            with self._changed:
                self._waiting += 1
                try:
                    while self._last <= after:
                        left = deadline - time.monotonic()
                        if left <= 0:
                            return None
                        self._changed.wait(left)
                finally:
                    self._waiting -= 1

    def _since(self, number: int) -> list[Entry]:
        first = self._last - len(self._entries) + 1
        skipped = max(0, number + 1 - first)
        if skipped > len(self._entries) // 2:  # from the end, where a deque is as quick
            newest = list(itertools.islice(reversed(self._entries), self._last - number))
            return newest[::-1]
        return list(itertools.islice(self._entries, skipped, None))
