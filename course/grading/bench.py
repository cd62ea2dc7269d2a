"""What every part of the lab stands on: the tap's events, waiting with a deadline, the verdict."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from course.errors import CouldNotCheck
from course.grading.findings import Found, Line
from course.grading.processes import Process
from course.grading.watchdog import Limits, Watchdog
from course.grading.wire import choose

if TYPE_CHECKING:
    from course.tap.event import Event
    from course.tap.tap import Tap

T = TypeVar("T")
QUIET = ("heartbeat",)


@dataclass(frozen=True)
class Setting:
    """What one check is given: the broker, a seed, a place, and whom to tell what it does."""

    url: str  # of the throwaway vhost
    provider: str
    version: tuple[int, ...]
    seed: int
    check: str
    token: str
    folder: Path  # a scratch copy of the learner's files; programs run here
    deadline: float  # of the whole check, time.monotonic()
    restart: Callable[[], None]
    note: Callable[[str], None]
    patience: float = 1.0  # every wait may take so many times as long: see patience.py
    limits: Limits = field(default_factory=Limits)
    roots: tuple[int, ...] = ()  # processes all of whose descendants are the learner's
    assemble: Callable[[Path], None] = lambda _: None  # makes another copy, in a new folder


class Bench:
    """Times are in seconds."""

    def __init__(self, setting: Setting, tap: "Tap") -> None:
        self.setting = setting
        self.tap = tap
        self.processes: list[Process] = []
        self._seen: list[Event] = []
        self._watchdog = Watchdog(self._running, setting.folder, setting.limits)

    def wire(self, **filters: Any) -> "list[Event]":
        """The frames between the learner's programs and the broker that fit: see wire.choose."""
        return choose(self._events(), **filters)

    def mark(self) -> int:
        """The number of the newest event: `after=` for what follows."""
        return self.tap.last

    def quiet(self, seconds: float = 0.3, limit: float = 5) -> bool:
        """Wait until no frame but heartbeats has passed for so long; whether that came to be."""
        seconds *= self.setting.patience
        last, since = -1, time.monotonic()

        def still() -> bool:
            nonlocal last, since
            busy = (e.number for e in reversed(self._events()) if e.method not in QUIET)
            newest = next(busy, 0)
            if newest != last:
                last, since = newest, time.monotonic()
            return time.monotonic() - since >= seconds

        return bool(self._poll(still, limit))

    def eventually(self, check: Callable[[], T], seconds: float = 5) -> T:
        """Call `check` until it is true or the time is over; return what it said last."""
        return self._poll(check, seconds)

    def fail(
        self, finding: str, did: str, saw: str, evidence: "Sequence[Event]" = (),
        line: Line | None = None,
    ) -> NoReturn:  # fmt: skip
        """End the check with this finding."""
        self._check()
        raise Found(finding, did, saw, evidence, line)

    def expect(
        self, condition: object, finding: str, did: str, saw: str,
        evidence: "Sequence[Event]" = (), line: Line | None = None,
    ) -> None:  # fmt: skip
        """End the check with this finding unless the condition is true."""
        if not condition:
            self.fail(finding, did, saw, evidence, line)

    def _events(self) -> "list[Event]":
        """All events so far; only the new ones are fetched."""
        seen = self._seen[-1].number if self._seen else 0
        self._seen += self.tap.events(after=seen)
        return self._seen

    def _poll(self, check: Callable[[], T], seconds: float) -> T:
        deadline = time.monotonic() + seconds * self.setting.patience
        while True:
            self._check()
            value = check()
            if value or time.monotonic() >= deadline:
                return value
            time.sleep(0.02)

    def _check(self) -> None:
        """What ends any check: a program that took too much, or a check that takes too long."""
        if (excess := self._watchdog.excess) is not None:
            raise Found(excess.finding, f"We started {excess.process.file}.", f"{excess.saw}.")
        if time.monotonic() > self.setting.deadline:
            raise CouldNotCheck("the check took too long. Is this machine busy? Try again.")

    def _running(self) -> list[Process]:
        """Also ended programs count: what they have started may go on."""
        return list(self.processes)
