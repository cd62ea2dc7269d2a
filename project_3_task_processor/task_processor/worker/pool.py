"""The worker processes: which has how much to do, and what happens when one dies."""

import asyncio
import itertools
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from task_processor.policy import Failure
from task_processor.settings import WorkerSettings
from task_processor.worker.child import Child
from task_processor.worker.delivery import Delivery

BATCH_SECONDS = 0.02  # how much work is handed over at a time
LARGEST_BATCH = 128
BATCHES_AHEAD = 2  # one at hand and one waiting, so that a process never waits for the next
EARLY_DEATHS = 5

Report = list[Any]


class PoolFailed(Exception):
    """Worker processes don't start here; the message says so."""


class Pool:
    """Spreads deliveries over processes, in batches that grow as tasks get quicker."""

    def __init__(
        self,
        settings: WorkerSettings,
        on_report: Callable[[Delivery, Report], None],
        on_failure: Callable[[Delivery, Failure], None],
        say: Callable[[str], None],
    ) -> None:
        self.settings = settings
        self.waiting: deque[Delivery] = deque()
        self.running: dict[str, Delivery] = {}  # by key: what processes hold
        self.children: list[Child] = []
        self.stopping = False
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._on_report, self._on_failure, self._say = on_report, on_failure, say
        self._loop = asyncio.get_running_loop()
        self._serials = itertools.count(1)
        self._seconds_each = BATCH_SECONDS  # of one task, smoothed
        self._due = False
        self._early_deaths = 0
        self._child_settings = {
            "handler": settings.handler,
            "read_roots": settings.read_roots,
            "write_roots": settings.write_roots,
            "limits": settings.limits,
        }
        for _ in range(settings.processes):
            self._start()

    def _start(self) -> None:
        child = Child(self._child_settings, self._loop, self._heard, self._ended)
        self.children.append(child)

    @property
    def busy(self) -> int:
        """How many processes have something to do."""
        return sum(bool(child.held) for child in self.children)

    def add(self, delivery: Delivery) -> None:
        """Queue a delivery; it is handed over at the end of this turn of the loop, with others."""
        self.waiting.append(delivery)
        self._hand_over_soon()

    def _hand_over_soon(self) -> None:
        if not self._due:
            self._due = True
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        self._due = False
        while self.waiting and not self.stopping:
            child = min(
                (one for one in self.children if one.ready and one.batches < BATCHES_AHEAD),
                key=lambda one: (one.batches, len(one.held)),
                default=None,
            )
            if child is None:
                return
            size = max(1, min(LARGEST_BATCH, int(BATCH_SECONDS / self._seconds_each)))
            size = min(size, -(-len(self.waiting) // len(self.children)))
            batch = [self.waiting.popleft() for _ in range(size)]
            for delivery in batch:
                if delivery.key is not None:
                    self.running[delivery.key] = delivery
            child.give([(next(self._serials), delivery) for delivery in batch])

    def _heard(self, child: Child, reports: list[Report]) -> None:
        self._early_deaths = 0
        if reports:
            each = max(child.seconds / len(reports), 1e-6)
            self._seconds_each += 0.1 * (each - self._seconds_each)
        for report in reports:
            delivery = child.take(report[1])
            if delivery is not None:
                self._let_go(delivery)
                self._on_report(delivery, report)
        self._hand_over_soon()

    def _let_go(self, delivery: Delivery) -> None:
        if delivery.key is not None and self.running.get(delivery.key) is delivery:
            del self.running[delivery.key]

    def _ended(self, child: Child) -> None:
        """It costs its task an attempt. What else it held goes to others, uncharged."""
        self.children.remove(child)
        culprit = None if child.stopping and not child.cause else child.culprit()
        for delivery in child.held.values():
            self._let_go(delivery)
        left = [delivery for delivery in child.held.values() if delivery.tags]
        self.waiting.extendleft(reversed(left))
        if culprit is not None:
            self._let_go(culprit)
            failure = self._blame(child)
            self._say(f"a worker process ended: {failure.message}; {culprit.key} is charged")
            self._on_failure(culprit, failure)
        if self.stopping:
            return
        if not child.ready:
            self._early_deaths += 1
            if self._early_deaths >= EARLY_DEATHS:
                if not self.failed.done():
                    self.failed.set_exception(
                        PoolFailed("worker processes end before they are ready. See above")
                    )
                return
        self._start()
        self._hand_over_soon()

    def _blame(self, child: Child) -> Failure:
        if child.cause == "timed-out":
            limit = self.settings.task_timeout
            return Failure("timed-out", f"took longer than the limit of {limit:g} s", True)
        code = child.process.returncode
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        hint = "; out of memory, or a crash in a decoder" if sys.platform != "win32" else ""
        return Failure("process-died", f"the worker process was ended ({how}{hint})", True)

    def kill_overdue(self) -> None:
        """Call this several times a second."""
        now = time.monotonic()
        for child in self.children:
            if child.held and now - child.since > self.settings.task_timeout:
                child.kill("timed-out")

    def forget_tags(self) -> None:
        """The connection is lost: all is delivered again, and old tags would name other tasks."""
        self.waiting.clear()
        for child in self.children:
            for delivery in child.held.values():
                delivery.tags.clear()

    def drop_waiting(self) -> list[Delivery]:
        """Give back what no process holds."""
        dropped = list(self.waiting)
        self.waiting.clear()
        return dropped

    async def stop(self, seconds: float) -> bool:
        """Let each process finish its task; kill those that need longer. Whether none did."""
        self.stopping = True
        for child in self.children:
            child.stop()
        deadline = self._loop.time() + seconds
        while self.children and self._loop.time() < deadline:
            await asyncio.sleep(0.02)
        in_time = not self.children
        self.kill()
        while self.children:
            await asyncio.sleep(0.02)
        return in_time

    def kill(self) -> None:
        """End all processes at once; their tasks are nobody's fault."""
        self.stopping = True
        for child in self.children:
            child.stopping = True
            child.kill("")
