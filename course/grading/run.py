"""Runs the checks of a unit in a process of their own, and makes a report of what it says."""

import contextlib
import json
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from course.brokers import Broker
from course.errors import CourseError
from course.grading import tree
from course.grading.checker import ENDED, Checker
from course.grading.findings import Found, describe, unreadable
from course.grading.job import Job
from course.grading.package import assemble
from course.grading.patience import MOST
from course.grading.places import shown
from course.grading.report import BrokerReport, FindingReport, Report, Step, TaskReport, versions
from course.grading.unit import LEARNERS, Unit
from course.paths import work

SECONDS = 180.0  # for all checks of an exercise; a right solution takes 25 at the most
PROJECT_SECONDS = 480.0  # for all of a project; 80 at the most
GRACE = 60.0  # for beginning and for cleaning up
SEEDS = 10_000


class View(Protocol):
    """Who watches a check that runs."""

    def step(self, text: str) -> None: ...
    def task_begins(self, task: TaskReport) -> None: ...
    def task_ends(self, task: TaskReport) -> None: ...


class Cancelled(Exception):
    """The run was given up because `cancelled` said so."""


def check(
    unit: Unit,
    broker: Broker,
    view: View,
    *,
    code: str = LEARNERS,
    seed: int | None = None,
    seconds: float | None = None,
    only: int | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Report:
    """Check one `code` of the unit: see Unit.layers. Nothing of it goes on when this returns.

    With `only` it is one task's checks, whatever came of the tasks before it.
    Raises Cancelled, or CouldNotCheck if there is no such code or the broker makes no vhost.
    """
    limit = seconds or (PROJECT_SECONDS if unit.is_project else SECONDS)
    return _Run(unit, broker, view, code, seed, limit, only).run(cancelled)


class _Run:
    def __init__(
        self, unit: Unit, broker: Broker, view: View, code: str, seed: int | None, seconds: float,
        only: int | None,
    ) -> None:  # fmt: skip
        self.unit = unit
        self.broker = broker
        self.view = view
        self.layers = unit.layers(code)
        self.seconds = seconds
        self.only = only
        self.began = time.monotonic()
        self.token = secrets.token_hex(8)
        self.vhost = contextlib.ExitStack()
        self.left: dict[int, int] = {}  # checks not yet done, by task
        self.running: TaskReport | None = None
        self.began_task = self.began
        server = broker.server
        self.report = Report(
            schema="learn-check",
            exercise=unit.name,
            title=unit.title,
            code=code,
            seed=secrets.randbelow(SEEDS) if seed is None else seed,
            tasks=[
                TaskReport(number=number, title=task.title)
                for number, task in enumerate(unit.tasks, start=1)
                if only in (None, number)
            ],
            broker=BrokerReport(
                provider=broker.provider,
                product=server.product,
                version=".".join(map(str, server.version)),
            ),
            versions=versions(),
        )

    def run(self, cancelled: Callable[[], bool]) -> Report:
        with contextlib.ExitStack() as stack:
            prefix = "learn-check-"
            scratch = stack.enter_context(
                tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)
            )
            if not self._reads(Path(scratch)):
                stack.callback(tree.end, self.token)
                stack.enter_context(self.vhost)
                self._run_checks(Path(scratch).resolve(), cancelled)
        self.report.seconds = round(time.monotonic() - self.began, 2)
        self.report.close()
        return self.report

    def _reads(self, scratch: Path) -> bool:
        """Whether there is something to be found before anything is run."""
        folder = scratch / "reading"
        assemble(self.unit, folder, self.layers)
        found = unreadable(folder, self.unit.file.files)
        if found is None:
            return False
        task = self.report.tasks[0]
        self.view.task_begins(task)
        self._found(task, found, None, [])
        self.view.task_ends(task)
        return True

    def _run_checks(self, scratch: Path, cancelled: Callable[[], bool]) -> None:
        log = work() / "logs" / f"check-{self.unit.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        self.report.log = str(log)
        with log.open("wb") as errors, Checker(self._job(scratch), errors) as child:
            while (message := child.next(0.1)) is not ENDED:
                if cancelled():
                    raise Cancelled
                if time.monotonic() - self.began > self.seconds * MOST + GRACE:
                    self._cannot(f"the checks did not end within {self.seconds:.0f} seconds.")
                    return
                if message is not None:
                    self._hear(message, child)
        done = self.report.finding is not None or all(n <= 0 for n in self.left.values())
        if self.report.problem is None and not (self.left and done):
            self._cannot(f"the process that runs the checks ended (exit code {child.code}).")

    def _job(self, scratch: Path) -> Job:
        capabilities = self.broker.capabilities
        return Job(
            unit=self.unit.folder,
            layers=self.layers,
            seed=self.report.seed,
            token=self.token,
            scratch=scratch,
            provider=self.broker.provider,
            version=capabilities.version,
            can=["restart"] if capabilities.restart else [],
            seconds=self.seconds,
            only=self.only,
        )

    def _hear(self, message: dict[str, Any], child: Checker) -> None:
        match message["kind"]:
            case "plan":
                for _, number in message["checks"]:
                    self.left[number] = self.left.get(number, 0) + 1
            case "check":
                self._begin(self._task(message["task"]))
            case "step":
                at = round(time.monotonic() - self.began, 2)
                self.report.steps.append(Step(at=at, text=message["text"]))
                self.view.step(message["text"])
            case "ask":
                child.tell(self._do(message["what"]))
            case "problem":
                self._cannot(message["text"])
            case "outcome":
                self._outcome(self._task(message["task"]), message)

    def _task(self, number: int) -> TaskReport:
        return next(task for task in self.report.tasks if task.number == number)

    def _do(self, what: str) -> dict[str, Any]:
        """What only this process can do to the broker, as it may have started it."""
        try:
            match what:
                case "vhost":
                    return {"url": self.vhost.enter_context(self.broker.new_vhost())}
                case "drop":
                    self.vhost.close()
                case "restart":
                    self.broker.restart()
        except CourseError as error:
            return {"error": str(error)}
        return {}

    def _begin(self, task: TaskReport) -> None:
        if self.running is not task:
            self.running, self.began_task = task, time.monotonic()
            self.view.task_begins(task)

    def _outcome(self, task: TaskReport, message: dict[str, Any]) -> None:
        self.left[task.number] -= 1
        match message["result"]:
            case "skipped":
                task.verdict = "could-not-check"
                task.reason = _lacking(message["problem"])
            case "broken":
                task.verdict = "could-not-check"
                self._cannot(message["problem"])
            case "found":
                found = message["finding"]
                place = tuple(found["place"]) if found["place"] else None
                evidence = [json.loads(event) for event in found["evidence"]]
                raw = Found(found["id"], found["did"], found["saw"], line=place)
                self._found(task, raw, place, evidence)
            case "passed" if self.left[task.number] <= 0 and task.verdict == "locked":
                task.verdict = "passed"
        if self.left[task.number] <= 0 or message["result"] in ("broken", "found"):
            task.seconds = round(time.monotonic() - self.began_task, 2)
            self.view.task_ends(task)

    def _found(
        self, task: TaskReport, found: Found, place: tuple[str, int] | None,
        evidence: list[dict[str, Any]],
    ) -> None:  # fmt: skip
        entry = describe(self.unit.file, found.name)
        place = place or found.line
        task.verdict = "not-yet"
        self.report.finding = FindingReport(
            id=found.name,
            task=task.number,
            did=found.did,
            saw=found.saw,
            expected=entry.expected,
            why=entry.why,
            next=entry.next,
            file=shown(self.layers, place[0]) if place else None,
            line=place[1] if place else None,
            evidence=evidence,
        )

    def _cannot(self, problem: str) -> None:
        self.report.problem = self.report.problem or problem


def _lacking(needs: str) -> str:
    what = {"restart": "the broker would have to be restarted, and the course may not do that here"}
    return "; ".join(what.get(need, need) for need in needs.split(", "))
