"""Every starter, solution, alternative and mutant of the exercises, and what the grader must say.

Usage: python -m tests.exercises.corpus --provider docker --seeds 1,2,3 [--exercise ex_01]
"""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from course.brokers import Broker, docker, embedded, native
from course.grading import run
from course.grading.report import Report
from course.grading.show import Silent
from course.grading.unit import Unit, every, find

KINDS = ("starter", "solution", "reference", "alternatives", "mutants")


@dataclass(frozen=True)
class Case:
    """One program, and the finding that it must get: "" for none, None for any of task 1."""

    unit: Unit
    code: str
    finding: str | None
    since: tuple[int, ...] = ()
    only: int | None = None  # the one milestone that is checked; else all, in order

    @property
    def kind(self) -> str:
        return self.code.partition("/")[0]

    def __str__(self) -> str:
        return f"{self.unit.short} {self.code}"

    def applies(self, broker: Broker) -> bool:
        """Whether this is wrong, or right, on this broker already."""
        if self.code == "reference" and broker.capabilities.product != "RabbitMQ":
            return False
        return broker.capabilities.version >= self.since

    def run(self, broker: Broker, seed: int) -> Report:
        return run.check(self.unit, broker, Silent(), code=self.code, seed=seed, only=self.only)

    def problem(self, report: Report) -> str:
        """What is wrong with the verdict; "" if it is the right one."""
        found = report.finding
        if report.problem is not None:
            return f"could not be checked: {report.problem}"
        if self.finding == "":
            return f"found {found.id}: {found.saw}" if found else _unpassed(report)
        if found is None:
            return f"passed, without {self.finding or 'a finding'}"
        if self.finding is None:
            return "" if found.task == 1 else f"task {found.task} came first: {found.id}"
        return "" if found.id == self.finding else f"{found.id} instead of {self.finding}"


def _unpassed(report: Report) -> str:
    left = [f"task {task.number} {task.verdict}" for task in report.tasks
            if task.verdict != "passed"]  # fmt: skip
    return ", ".join(left)


def cases(unit: Unit) -> list[Case]:
    """All programs of a unit."""
    right = "reference" if unit.is_project else "solution"
    found = [Case(unit, "starter", None), Case(unit, right, "")]
    found += [Case(unit, code, "") for code in unit.variants("alternatives")]
    for code in unit.variants("mutants"):
        mutant = unit.mutant(code)
        since = tuple(map(int, mutant.since.split("."))) if mutant.since else ()
        found.append(Case(unit, code, mutant.finding, since))
    return found


def own_milestone(case: Case) -> Case:
    """Of a project's mutant, the milestone that its finding belongs to; else the same."""
    entry = case.unit.file.findings.get(case.finding or "")
    if not case.unit.is_project or entry is None:
        return case
    return replace(case, only=entry.task)


@contextlib.contextmanager
def broker_of(provider: str) -> Iterator[Broker]:
    """A broker of our own, so that its restarts disturb nobody."""
    from tests.support import ContainerBroker

    if provider == "docker":
        with ContainerBroker.running(docker.image()) as broker:
            yield broker
        return
    with tempfile.TemporaryDirectory(prefix="learn-corpus-") as folder:
        before = os.environ.get("LEARN_WORK")
        os.environ["LEARN_WORK"] = folder
        broker = native.start(print) if provider == "native" else embedded.start(print)
        try:
            yield broker
        finally:
            broker.close()
            os.environ.pop("LEARN_WORK")
            if before is not None:
                os.environ["LEARN_WORK"] = before


def main(words: list[str] | None = None) -> int:
    """Run the corpus and print a table; 1 if any verdict is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.exercises.corpus")
    parser.add_argument("--provider", choices=("docker", "native", "embedded"), default="embedded")
    parser.add_argument("--seeds", default="1", help="such as 1,2,3")
    parser.add_argument("--own", action="store_true",
                        help="of a project's mutants, check their own milestone")  # fmt: skip
    parser.add_argument("--exercise", action="append", help="such as ex_01; else all")
    parser.add_argument("--code", help="only what begins with this, such as mutants/auto")
    options = parser.parse_args(words)
    units = [find(word) for word in options.exercise] if options.exercise else every()
    chosen = [
        case for unit in units for case in cases(unit) if case.code.startswith(options.code or "")
    ]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # clean up then, too
    if options.own:
        chosen = [own_milestone(case) for case in chosen]
    seeds = [int(seed) for seed in options.seeds.split(",")]
    good: dict[tuple[str, str], int] = {}
    total: dict[tuple[str, str], int] = {}
    longest: dict[tuple[str, str], float] = {}
    began = time.monotonic()
    with broker_of(options.provider) as broker:
        print(f"{broker.server}, {len(chosen)} programs, seeds {options.seeds}", flush=True)
        for case in chosen:
            for seed in seeds if case.applies(broker) else ():
                report = case.run(broker, seed)
                key = (case.unit.short, case.kind)
                wrong = case.problem(report)
                total[key] = total.get(key, 0) + 1
                good[key] = good.get(key, 0) + (not wrong)
                longest[key] = max(longest.get(key, 0), report.seconds)
                said = f"!! {wrong}" if wrong else "ok"
                print(f"  {case!s:<46} seed {seed}  {report.seconds:5.1f} s  {said}", flush=True)
    print(f"\n{'':<8}" + "".join(f"{kind:>22}" for kind in KINDS))
    for unit in units:
        cells = ""
        for kind in KINDS:
            key = (unit.short, kind)
            of = f"{good[key]} of {total[key]}, {longest[key]:.1f} s" if key in total else "-"
            cells += f"{of:>22}"
        print(f"{unit.short:<8}{cells}")
    print(f"The seconds are the longest run's. All: {time.monotonic() - began:.0f} s.")
    return 0 if good == total else 1


if __name__ == "__main__":
    sys.exit(main())
