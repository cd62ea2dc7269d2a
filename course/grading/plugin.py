"""A pytest plugin: gives `lab` to the checks, runs the tasks in order, tells the grader."""

import contextlib
import os
import shutil
import time
import traceback
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from course.errors import CourseError
from course.grading.bench import Setting
from course.grading.findings import Found, describe, hunt
from course.grading.job import Job
from course.grading.lab import Lab
from course.grading.link import Gone, Link
from course.grading.package import assemble, hunted
from course.grading.patience import measure
from course.grading.unit import Unit
from course.grading.wire import EVIDENCE

MARKER = "task(number, needs=()): the task that this is a check of, and what it does to the broker"


class Plugin:
    """One run. The first check that finds something is the last one."""

    def __init__(self, job: Job, link: Link) -> None:
        self.job = job
        self.link = link
        self.unit = Unit(job.unit)
        self.now: Lab | None = None
        self.patience = measure()
        self.deadline = time.monotonic() + job.seconds * self.patience

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", MARKER)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if not 1 <= _task(item) <= len(self.unit.tasks):
                problem = f"{item.name} in checks.py is not marked with a task of exercise.toml."
                self.link.send("problem", text=problem)
                raise pytest.UsageError(problem)
        items.sort(key=_task)
        if self.job.only is not None:
            items[:] = [item for item in items if _task(item) == self.job.only]
        self.link.send("plan", checks=[[item.name, _task(item)] for item in items])
        if self.patience > 1:
            text = f"wait up to {self.patience:.1f} times as long: this machine is busy"
            self.link.send("step", text=text)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            last = str(report.longrepr).strip().splitlines()[-1:]
            self.link.send("problem", text=f"checks.py cannot be read: {''.join(last)}")

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.link.send("check", name=item.name, task=_task(item))
        lacking = set(_needs(item)) - set(self.job.can)
        if lacking:
            pytest.skip(", ".join(sorted(lacking)))

    @pytest.fixture
    def lab(self, request: pytest.FixtureRequest) -> Iterator[Lab]:
        with contextlib.ExitStack() as stack:
            url = str(self.link.ask("vhost")["url"])
            stack.callback(self._drop)
            folder = self.job.scratch / request.node.name / self.unit.name
            stack.callback(shutil.rmtree, folder.parent, ignore_errors=True)
            self._assemble(folder)
            self.now = stack.enter_context(self._lab(request.node.name, folder, url))
            yield self.now

    @contextlib.contextmanager
    def _lab(self, check: str, folder: Path, url: str) -> Iterator[Lab]:
        from course.tap.tap import Tap

        setting = Setting(
            url=url,
            provider=self.job.provider,
            version=self.job.version,
            seed=self.job.seed,
            check=check,
            token=self.job.token,
            folder=folder,
            deadline=self.deadline,
            patience=self.patience,
            restart=lambda: void(self.link.ask("restart")),
            note=lambda text: self.link.send("step", text=text),
            roots=(os.getpid(),),
            assemble=self._assemble,
        )
        with Tap(url) as tap:
            lab = Lab(setting, tap)
            try:
                yield lab
            finally:
                lab.close()

    def _assemble(self, folder: Path) -> None:
        assemble(self.unit, folder, self.job.layers)

    def _drop(self) -> None:
        self.now = None
        with contextlib.suppress(Gone):
            self.link.ask("drop")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, Any]:
        if call.excinfo is not None:
            if not isinstance(call.excinfo.value, pytest.skip.Exception):
                item.session.shouldstop = "one finding is enough"
            self.link.send("outcome", task=_task(item), **self._judge(call.excinfo.value))
        elif call.when == "call":
            self.link.send("outcome", task=_task(item), result="passed")
        return (yield)

    def _judge(self, error: BaseException) -> dict[str, Any]:
        """What an exception in a check means."""
        if isinstance(error, pytest.skip.Exception):
            return {"result": "skipped", "problem": str(error.msg)}
        if isinstance(error, CourseError):
            return {"result": "broken", "problem": str(error)}
        if not isinstance(error, Found):
            return {"result": "broken", "problem": self._own_mistake(error)}
        if self.now is not None and not self.now.broker_lives():
            return {"result": "broken", "problem": "the broker was lost in the middle of it."}
        try:
            return {"result": "found", "finding": self._describe(error)}
        except CourseError as problem:
            return {"result": "broken", "problem": str(problem)}

    def _own_mistake(self, error: BaseException) -> str:
        frames = traceback.extract_tb(error.__traceback__)
        checks = self.unit.checks
        ours = [frame for frame in frames if Path(frame.filename).is_relative_to(checks)]
        place = f" ({Path(ours[-1].filename).name}, line {ours[-1].lineno})" if ours else ""
        said = str(error).strip().partition("\n")[0]
        return f"a mistake in the checks themselves: {type(error).__name__}: {said}{place}"

    def _describe(self, found: Found) -> dict[str, Any]:
        entry = describe(self.unit.file, found.name)
        folder = self.now.setting.folder if self.now else self.job.scratch
        files = hunted(self.unit, folder, self.job.layers)
        line = found.line or hunt(entry.hunt, folder, files)
        evidence = found.evidence or (self.now.wire()[-EVIDENCE:] if self.now else [])
        return {
            "id": found.name,
            "did": found.did,
            "saw": found.saw,
            "place": line,
            "evidence": [event.to_json() for event in evidence],
        }


def void(_: object) -> None:
    """For a callback whose result does not matter."""


def _marker(item: pytest.Item) -> pytest.Mark:
    return item.get_closest_marker("task") or pytest.Mark("task", (0,), {})


def _task(item: pytest.Item) -> int:
    mark = _marker(item)
    return int(mark.args[0]) if mark.args else 0


def _needs(item: pytest.Item) -> list[str]:
    needs = _marker(item).kwargs.get("needs", ())
    return [needs] if isinstance(needs, str) else list(needs)
