"""Show what a tap sees: the timeline as it grows, or the events as lines of JSON."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from rich.text import Text

from course.console import FANCY as FANCY_SYMBOLS
from course.console import Output
from course.tap.event import Event
from course.tap.tap import Tap
from course.tap.timeline import ASCII, FANCY, Row, Timeline

STYLES = {"": "", "again": "yellow", "bad": "red"}
TICK_SECONDS = 0.1


def timeline(output: Output) -> Timeline:
    """An empty timeline that fits the terminal."""
    return Timeline(FANCY if output.symbols is FANCY_SYMBOLS else ASCII)


def draw(output: Output, rows: Iterable[Row]) -> None:
    for row in rows:
        output.out.print(Text(row.text, STYLES[row.tone]), soft_wrap=True)


class Live:
    """Shows the events of a tap, and the lines that scripts print, as they come.

    A context: at its end everything that the tap has seen by then is shown.
    """

    def __init__(self, output: Output, tap: Tap, json: bool) -> None:
        self._output = output
        self._tap = tap
        self._json = json
        self._timeline = timeline(output)
        self._shown = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="timeline", daemon=True)

    def __enter__(self) -> Live:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        with self._lock:
            self._catch_up()
            draw(self._output, self._timeline.end())

    def said(self, name: str, line: str) -> None:
        """A line that a script printed: between the rows, or with --json on stderr."""
        with self._lock:
            self._catch_up()
            if self._json:
                self._output.err.print(f"{name}: {line}", markup=False, soft_wrap=True)
            else:
                self._output.out.print(f"{name}: {line}", markup=False, style="dim",
                                       soft_wrap=True)  # fmt: skip

    def _watch(self) -> None:
        while not self._over.is_set():
            self._tap.wait_for(lambda _: True, TICK_SECONDS, self._shown)
            with self._lock:
                self._catch_up()
                if not self._json:
                    draw(self._output, self._timeline.until(self._tap.now))

    def _catch_up(self) -> None:
        for event in self._tap.events(self._shown):
            self._shown = event.number
            if self._json:
                self._output.out.print(event.to_json(), markup=False, soft_wrap=True)
            else:
                draw(self._output, self._timeline.add(event))


def rows(output: Output, events: Iterable[Event]) -> Iterator[Row]:
    """A timeline of these events, from its head to its end."""
    whole = timeline(output)
    for event in events:
        yield from whole.add(event)
    yield from whole.end()
