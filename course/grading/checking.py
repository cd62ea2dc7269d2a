"""What `./learn check` does: one run or many, shown, remembered, and ended cleanly."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

from course import console, progress
from course.brokers import Broker, choose
from course.errors import CouldNotCheck, NotYet, WrongUse
from course.grading import project, run, workspace
from course.grading.report import Report
from course.grading.show import Show, Silent, heading, outcome
from course.grading.unit import LEARNERS, Unit, every, find
from course.options import Options, wanted

EXIT = {"passed": 0, "not-yet": NotYet.exit_code, "could-not-check": CouldNotCheck.exit_code}
POLL_SECONDS = 0.3


@dataclass(frozen=True)
class Wishes:
    """The options of a check."""

    code: str = LEARNERS
    seed: int | None = None
    json: bool = False
    only: int | None = None  # one milestone of a project


def check(options: Options, word: str, wishes: Wishes) -> int:
    """`./learn check EXERCISE`; the exit code."""
    unit = find(word)
    if wishes.code == LEARNERS:
        workspace.need_started(unit)
    unit.layers(wishes.code)
    project.check_milestone(unit, wishes.only)
    output = console.make(options.plain)
    with _ending_on_signals():
        broker = _broker(options, output, [unit])
        project.check_broker(unit, broker, wishes.code)
        report = _check(output, unit, broker, wishes)
    if wishes.json:
        print(report.to_json())
    return EXIT[report.verdict]


def check_all(options: Options, wishes: Wishes) -> int:
    """`./learn check --all`: every exercise that is begun, or that has the wished code."""
    units = [unit for unit in every() if wishes.code != LEARNERS or unit.copy.is_dir()]
    if not units:
        raise WrongUse("no exercise is begun yet. See: ./learn list")
    output = console.make(options.plain)
    reports = []
    with _ending_on_signals():
        broker = _broker(options, output, units)
        for unit in units:
            reports.append(_check(output, unit, broker, wishes))
            if not wishes.json:
                output.out.print()
    if wishes.json:
        print("[" + ",\n".join(report.to_json() for report in reports) + "]")
    else:
        for unit, report in zip(units, reports, strict=True):
            said = f"{report.passed} of {len(report.tasks)} tasks passed"
            output.out.print(f"  {unit.short:<8} {said}", markup=False)
    codes = {EXIT[report.verdict] for report in reports}
    return next((code for code in (1, 3) if code in codes), 0)


def watch(options: Options, word: str, wishes: Wishes) -> int:
    """`./learn check EXERCISE --watch`: again whenever a file is saved, until Ctrl-C."""
    unit = find(word)
    workspace.need_started(unit)
    if wishes.code != LEARNERS or wishes.json:
        raise WrongUse("--watch shows your own files as text: leave --code and --json out.")
    output = console.make(options.plain)
    code = CouldNotCheck.exit_code
    with _ending_on_signals():
        broker = _broker(options, output, [unit])
        seen = ""
        try:
            while True:
                now = workspace.fingerprint(unit.copy)
                if now == seen:
                    time.sleep(POLL_SECONDS)
                    continue
                seen = now
                with contextlib.suppress(run.Cancelled):
                    report = _check(output, unit, broker, wishes, _changed(unit, now))
                    code = EXIT[report.verdict]
                    output.out.print("\nWaiting for a change. To stop: Ctrl-C", style="dim")
        except KeyboardInterrupt:
            output.out.print()
    return code


def _check(
    output: console.Output, unit: Unit, broker: Broker, wishes: Wishes,
    cancelled: Callable[[], bool] = lambda: False,
) -> Report:  # fmt: skip
    """One run, shown and remembered."""
    if wishes.json:
        report = run.check(
            unit, broker, Silent(), code=wishes.code, seed=wishes.seed, only=wishes.only
        )
    else:
        heading(output, unit, wishes.code, f"{broker.server} ({broker.provider})")
        with Show(output) as show:
            report = run.check(
                unit, broker, show, code=wishes.code, seed=wishes.seed, only=wishes.only,
                cancelled=cancelled,
            )  # fmt: skip
        outcome(output, show, unit, report)
        if report.problem is not None:
            output.err.print(
                f"learn: could not check: {report.problem} This is not your program's fault.",
                markup=False, highlight=False, soft_wrap=True,
            )  # fmt: skip
            output.err.print(f"Details: {report.log}", markup=False, highlight=False)
    if wishes.code == LEARNERS and report.problem is None:
        so_far = progress.load(output.say)
        entry = so_far.exercise(unit.name)
        if wishes.only is None:
            entry.judge(report.passed, passed=report.verdict == "passed")
        elif report.verdict == "passed" and entry.tasks_passed == wishes.only - 1:
            entry.tasks_passed = wishes.only
        progress.save(so_far)
    return report


def _broker(options: Options, output: console.Output, units: list[Unit]) -> Broker:
    """The broker on which to check these units, once their files are known to be right."""
    for unit in units:
        unit.validate()
    broker = choose.ensure(output.say, wanted(options)).broker
    if not broker.capabilities.vhosts:
        raise CouldNotCheck(
            f"{broker.describe()} lets us make no vhost, and exercises are checked in one of "
            "their own. Use another: --broker docker, native or embedded"
        )
    return broker


def _changed(unit: Unit, before: str) -> Callable[[], bool]:
    return lambda: workspace.fingerprint(unit.copy) != before


@contextlib.contextmanager
def _ending_on_signals() -> Iterator[None]:
    """What asks us to end, as a closed terminal does, ends us as Ctrl-C does: all is cleaned up."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
