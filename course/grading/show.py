"""Shows a check while it runs, and what came of it: 80 columns, also on a pipe."""

import textwrap
from collections.abc import Iterator

from rich.status import Status

from course.console import Output
from course.grading.report import FindingReport, Report, TaskReport, TaskVerdict
from course.grading.unit import LEARNERS, Unit

WIDTH = 80
LABEL = 10
SAY: dict[TaskVerdict, str] = {
    "passed": "passed",
    "not-yet": "not yet",
    "locked": "locked",
    "could-not-check": "not checked",
}
STYLE: dict[TaskVerdict, str] = {
    "passed": "green",
    "not-yet": "bold yellow",
    "locked": "dim",
    "could-not-check": "magenta",
}


class Show:
    """A line for each task when it is done; in a terminal also what is going on now."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self._now = ""
        self._status: Status | None = None

    def __enter__(self) -> "Show":
        if self.output.interactive:
            self._status = self.output.err.status("", spinner="line")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def step(self, text: str) -> None:
        if self._status is not None:
            line = f"{self._now}: {text}"
            self._status.update(line[: min(self.output.err.width, WIDTH) - 4])

    def task_begins(self, task: TaskReport) -> None:
        self._now = str(task.number)
        self.step(task.title)

    def task_ends(self, task: TaskReport) -> None:
        if self._status is None:
            self.task(task)
            return
        self._status.stop()  # its line would be mixed with ours
        self.task(task)
        self._status.update("clearing up")
        self._status.start()

    def task(self, task: TaskReport) -> None:
        symbols = self.output.symbols
        signs = {"passed": symbols.done, "not-yet": "!", "locked": symbols.open}
        title = textwrap.shorten(task.title, 52, placeholder=" ...")
        seconds = f"{task.seconds:5.1f} s" if task.seconds else ""
        sign = signs.get(task.verdict, "?")
        line = f"  {sign} {task.number}  {title:<53}{SAY[task.verdict]:<11} {seconds}"
        self.output.out.print(line.rstrip(), style=STYLE[task.verdict], markup=False)


class Silent:
    """Shows nothing, for --json and for tests."""

    def step(self, text: str) -> None: ...
    def task_begins(self, task: TaskReport) -> None: ...
    def task_ends(self, task: TaskReport) -> None: ...


def heading(output: Output, unit: Unit, code: str, broker: str) -> None:
    of = "" if code == LEARNERS else f", {code}"
    output.out.print(f"{unit.short}: {unit.title}{of}", style="bold", markup=False)
    output.out.print(f"on {broker}", style="dim", markup=False, highlight=False)


def outcome(output: Output, show: Show, unit: Unit, report: Report) -> None:
    """What comes after the tasks that were run: the locked ones, the finding, what to type."""
    for task in report.tasks:
        if task.verdict == "locked":
            show.task(task)
    out = output.out
    out.print()
    if report.finding is not None:
        for line in finding(report.finding, unit.word.title()):
            out.print(line, markup=False, soft_wrap=True)
        out.print()
        out.print(f"A hint:         ./learn hint {unit.short} {report.finding.task}", markup=False)
        of = "" if report.code == LEARNERS else f" --code {report.code}"
        command = f"./learn check {unit.short}{of}"
        if unit.is_project:
            command += f" --milestone {report.finding.task}"
        out.print(f"The same again: {command} --seed {report.seed}", markup=False)
        out.print(f"Every frame:    {command} --seed {report.seed} --json", markup=False)
        return
    for task in report.tasks:
        if task.reason:
            which = f"{unit.word.title()} {task.number}"
            other = "Another broker: --broker " + ("docker" if unit.is_project else "embedded")
            for line in paragraph("", f"{which} was not checked: {task.reason}. {other}"):
                out.print(line, markup=False, soft_wrap=True)
    if report.verdict == "passed":
        which = f"All {len(report.tasks)} {unit.word}s"
        if len(report.tasks) < len(unit.tasks):
            which = f"{unit.word.title()} {report.tasks[0].number}"
        done = f"{output.symbols.done} {which} passed"
        out.print(f"{done}, in {report.seconds:.0f} s with seed {report.seed}.",
                  style="bold green", markup=False)  # fmt: skip


def finding(found: FindingReport, word: str = "Task") -> Iterator[str]:
    """The finding's lines."""
    yield f"{word} {found.task}, not yet: {found.id}"
    yield ""
    place = f"{found.file}:{found.line}" if found.file else ""
    for label, text in (
        ("We did", found.did),
        ("We saw", found.saw),
        ("Expected", found.expected),
        ("Why", found.why),
        ("Next", found.next),
        ("Where", place),
    ):
        if text:
            yield from paragraph(label, text)


def paragraph(label: str, text: str) -> list[str]:
    """The text in lines of at most 78 characters, with the label before the first."""
    start = f"  {label:<{LABEL}}" if label else ""
    rest = " " * len(start)
    lines: list[str] = []
    for part in text.splitlines():
        lines += textwrap.wrap(
            part, WIDTH - 2, initial_indent=rest if lines else start, subsequent_indent=rest,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return lines
