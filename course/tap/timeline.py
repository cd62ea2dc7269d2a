"""Events as a picture in three lanes, publisher | broker | consumer, within 80 columns."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from course.tap.event import Event
from course.tap.words import Labels, words

LANE = 33  # columns between two lanes
ROOM = LANE - 5  # for words, between the ends of an arrow
LOOK_AHEAD = 0.5  # seconds that an event waits until it is known what its connection is for
_PUBLISHING = frozenset(("basic.publish",))
_CONSUMING = frozenset(("basic.consume", "basic.get"))
_CONSUMERS = frozenset(f"basic.{name}" for name in (
    *("consume", "cancel", "get", "get-empty", "get-ok", "deliver", "qos", "reject", "recover"),
))  # fmt: skip


@dataclass(frozen=True)
class Lines:
    """What the lanes and arrows are drawn with."""

    bar: str
    dash: str
    right: str
    left: str
    cut: str


FANCY = Lines(bar="│", dash="─", right="▶", left="◀", cut="…")
ASCII = Lines(bar="|", dash="-", right=">", left="<", cut="~")


@dataclass(frozen=True)
class Row:
    """One line of the picture; `tone` is "again" or "bad" for what should catch the eye."""

    text: str
    tone: str = ""


class Timeline:
    """Takes events in their order, and gives rows. Keeps little of what has passed."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._labels = Labels()
        self._pending: deque[Event] = deque()
        self._roles: dict[str, str] = {}  # "publisher" or "consumer", by connection
        self._latest = {"publisher": "", "consumer": ""}  # who was named last in each lane
        self._began = False

    def add(self, event: Event) -> Iterator[Row]:
        """The rows that can be drawn now. They may be of earlier events."""
        if event.connection not in self._roles:
            if event.method in _PUBLISHING:
                self._roles[event.connection] = "publisher"
            elif event.method in _CONSUMING:
                self._roles[event.connection] = "consumer"
        self._pending.append(event)
        yield from self.until(event.at)

    def until(self, now: float) -> Iterator[Row]:
        """The rows that need not wait any longer at this time of the tap."""
        while self._pending:
            first = self._pending[0]
            if first.connection not in self._roles and first.at + LOOK_AHEAD > now:
                return
            self._pending.popleft()
            text = words(first, self._labels)
            if text:
                yield from self._head()
                yield from self._rows(first, text)

    def end(self) -> Iterator[Row]:
        """All rows that are left."""
        return self.until(float("inf"))

    def _head(self) -> Iterator[Row]:
        if not self._began:
            self._began = True
            left, right = "publisher", "consumer"
            line = left + "broker".center(2 * (LANE - len(left)) + 3) + right
            yield Row(f"{line.ljust(2 * LANE + 3)}  seconds")

    def _rows(self, event: Event, text: str) -> Iterator[Row]:
        lane = self._lane(event)
        if self._latest[lane] != event.connection:
            self._latest[lane] = event.connection
            named = f"{event.connection}: {text}"
            if cell_len(named) <= ROOM:
                text = named
            else:
                yield Row(self._in(lane, set_cell_size(f" {event.connection}:", LANE)))
        if event.method.startswith("tap."):
            drawn = set_cell_size(f" * {self._fit(text)}", LANE)
        else:
            drawn = self._arrow(text, (event.sender == "client") == (lane == "publisher"))
        tone = "again" if event.redelivered or event.method == "tap.requeued" else ""
        if event.fault or event.method in ("tap.malformed", "basic.return"):
            tone = "bad"
        yield Row(f"{self._in(lane, drawn)} {event.at:8.3f}", tone)

    def _in(self, lane: str, drawn: str) -> str:
        halves = (drawn, " " * LANE) if lane == "publisher" else (" " * LANE, drawn)
        bar = self._lines.bar
        return f"{bar}{halves[0]}{bar}{halves[1]}{bar}"

    def _lane(self, event: Event) -> str:
        """By what is done; what both sides do is drawn where the connection belongs."""
        if event.method in _PUBLISHING or event.method == "basic.return":
            return "publisher"
        if event.method in _CONSUMERS:
            return "consumer"
        if event.method in ("basic.ack", "basic.nack"):
            return "consumer" if event.sender == "client" else "publisher"
        return self._roles.get(event.connection, "publisher")

    def _arrow(self, text: str, to_the_right: bool) -> str:
        dash, text = self._lines.dash, self._fit(text)
        fill = dash * (ROOM - cell_len(text))
        if to_the_right:
            return f"{dash}{dash} {text} {fill}{self._lines.right}"
        return f"{self._lines.left}{dash} {text} {fill}{dash}"

    def _fit(self, text: str) -> str:
        if cell_len(text) <= ROOM:
            return text
        quote = '"' if text.endswith('"') else ""
        return set_cell_size(text, ROOM - 1 - len(quote)) + self._lines.cut + quote
