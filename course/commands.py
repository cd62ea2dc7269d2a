"""What each command of ./learn does: puts the other modules together."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from course import console
from course.errors import CouldNotCheck, NotYet, WrongUse, unknown
from course.options import Options, wanted
from course.paths import ROOT, work

if TYPE_CHECKING:
    from course.grading.unit import Unit
    from course.progress import Progress


def go_on(options: Options) -> None:
    """`./learn` alone: the first time a welcome and the first lesson, later the next step."""
    from rich.markdown import Markdown

    from course import catalog, guide, progress
    from course.brokers import choose
    from course.reading.render import show

    output = console.make(options.plain)
    units, so_far = catalog.load(), progress.load(output.say)
    first = guide.next_lesson(units, so_far)
    if so_far.welcomed or first is None:
        output.out.print(Markdown(guide.next_step(units, so_far)))
        return
    output.out.print(Markdown(guide.WELCOME))
    try:
        choice = str(choose.ensure(output.say, wanted(options)))
    except CouldNotCheck as error:  # reading needs no broker
        choice = f"Broker: none yet. {error}"
    output.out.print(choice, markup=False)
    so_far.welcomed = True
    progress.save(so_far)
    if output.interactive:
        output.out.input(f"\nPress Enter to read lesson {first.id}, Ctrl-C to stop here. ")
    output.out.print()
    show(first.readme, output)
    so_far.mark_read(first.id)
    progress.save(so_far)
    output.out.print()
    output.out.print(Markdown(guide.next_step(units, so_far)))


def list_units(options: Options) -> None:
    """`./learn list`"""
    from course import catalog, progress

    output = console.make(options.plain)
    so_far = progress.load(output.say)
    units = catalog.load()
    titles = [lesson.title for lesson in units.lessons] + [u.title for u in units.exercises]
    width = max(map(len, titles))
    for module in units.modules:
        output.out.print(module.title, style="bold", markup=False)
        for lesson in module.lessons:
            entry = so_far.lesson(lesson.id)
            sign = output.symbols.done if entry.done else output.symbols.open
            state = "played" if entry.done else "read" if entry.read_at else ""
            minutes = f"{lesson.minutes:3} min" if lesson.minutes else ""
            line = f"  {sign} {lesson.id:<5}  {lesson.title:<{width}} {minutes:<8} {state}"
            output.out.print(line.rstrip(), markup=False)
        for unit in (*module.exercises, *([module.project] if module.project else [])):
            line = _exercise_line(unit, width, so_far, output)
            output.out.print(line, markup=False)
        if (ROOT / "quizzes" / f"{module.folder.name}.toml").is_file():
            quiz = so_far.quiz(module.number)
            sign = output.symbols.done if quiz.passed_at else output.symbols.open
            best = "" if quiz.best_percent is None else f"   best: {quiz.best_percent} %"
            output.out.print(f"  {sign} Quiz: ./learn quiz {module.number}{best}", markup=False)
    output.out.print("\nRead one: ./learn read 3.1    Play one: ./learn run 3.1", markup=False)
    if units.exercises:
        first = units.exercises[0].short
        output.out.print(f"Begin an exercise: ./learn start {first}", markup=False)
    for project in units.projects:
        output.out.print(f"Build the project: ./learn start {project.short}", markup=False)


def _exercise_line(unit: "Unit", width: int, so_far: "Progress", output: console.Output) -> str:
    entry = so_far.exercise(unit.name)
    sign = output.symbols.done if entry.passed_at else output.symbols.open
    state = "passed" if entry.passed_at else ""
    if entry.started_at and not entry.passed_at:
        state = f"{entry.tasks_passed} of {len(unit.tasks)} {unit.word}s"
    name = f"{unit.short:<5}  {unit.title}"
    return f"  {sign} {name:<{width + 7}} {unit.file.minutes:3} min  {state}".rstrip()


def read(options: Options, name: str) -> None:
    """`./learn read LESSON`, or an exercise's page"""
    from course import catalog, progress
    from course.reading.render import show

    output = console.make(options.plain)
    units = catalog.load()
    try:
        lesson = units.lesson(name)
    except WrongUse:
        from course.grading.unit import named

        if (unit := named(name)) is None:
            raise
        show(unit.readme, output)
        return
    show(lesson.readme, output)
    so_far = progress.load(output.say)
    so_far.mark_read(lesson.id)
    progress.save(so_far)


def run(options: Options, name: str, step: bool, section: str | None, tapped: bool) -> None:
    """`./learn run LESSON`"""
    from course import catalog, progress
    from course.brokers import choose
    from course.player import page as pages
    from course.player.declared import names_in
    from course.player.play import play
    from course.player.show import Show
    from course.tap.watched import watched

    output = console.make(options.plain)
    lesson = catalog.load().lesson(name)
    page = pages.read(lesson.readme)
    scenes = pages.choose(page, section) if section else page.scenes
    if step and not sys.stdin.isatty():
        raise WrongUse("--step waits for Enter, and there is no keyboard here. Leave it out.")
    choice = choose.ensure(output.say, wanted(options))
    output.out.print(f"Lesson {lesson.id}, {lesson.title}", style="bold", markup=False)
    output.out.print(str(choice), markup=False)
    log = work() / "logs" / f"run-{lesson.id}.log"
    with choice.broker.new_vhost(names_in(lesson.folder)) as url, contextlib.ExitStack() as stack:
        view, where = Show(output, step), lambda name: url
        if tapped:
            view, where = stack.enter_context(watched(output, step, url))
        result = play(page, scenes, choice.broker, where, view, log)
    output.out.print()
    left_out = f" Left out: {', '.join(result.skipped)}." if result.skipped else ""
    if result.scenes == 0:
        raise CouldNotCheck(
            f"nothing was played.{left_out} Another broker: ./learn broker use auto"
        )
    output.out.print(
        f"{output.symbols.done} Lesson {lesson.id}: all {result.lines} lines came as the page "
        f"says, in {result.seconds:.0f} s.{left_out}",
        style="green",
        markup=False,
    )
    if section is None:
        so_far = progress.load(output.say)
        so_far.mark_played(lesson.id)
        progress.save(so_far)


def script(options: Options, path: Path, arguments: list[str]) -> None:
    """`./learn script SCRIPT ARGS`: become the script, so that signals and job control are its."""
    from course.brokers import choose

    output = console.make(options.plain)
    if not path.is_file():
        known = [str(file.relative_to(ROOT)) for file in ROOT.glob("module_*/*/*.py")]
        raise unknown("script", str(path), known, "./learn list")
    choice = choose.ensure(output.say, wanted(options))
    os.environ["RABBITMQ_URL"] = choice.broker.url
    _become([sys.executable, "-P", "-u", "-m", "course.host", str(path), *arguments])


def project(options: Options, arguments: list[str]) -> None:
    """`./learn project ARGS`: become the task processor; it knows nothing of the course."""
    from course.brokers import choose

    if not {"--help", "-h"} & set(arguments) and arguments:
        os.environ["RABBITMQ_URL"] = choose.ensure(
            console.make(options.plain).say, wanted(options)
        ).broker.url
    folder = str(ROOT / "project_3_task_processor")
    known = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([folder, known] if known else [folder])
    _become([sys.executable, "-P", "-m", "task_processor", *(arguments or ["--help"])])


def test(arguments: list[str]) -> None:
    """`./learn test`: pytest on this repository."""
    import importlib.util

    if importlib.util.find_spec("pytest") is None:
        raise CouldNotCheck("pytest is not installed here. Start with ./learn, which brings it.")
    os.chdir(ROOT)
    _become([sys.executable, "-P", "-m", "pytest", *arguments])


def doctor(options: Options) -> None:
    """`./learn doctor`; NotYet if something needed is missing."""
    from course.doctor import examine, summary

    output = console.make(options.plain)
    findings = []
    for finding in examine(output.say):
        findings.append(finding)
        sign = "ok" if finding.ok else "!!" if finding.needed else "--"
        style = "" if finding.ok else "bold red" if finding.needed else "yellow"
        output.out.print(f"{sign}  {finding.what}", style=style, markup=False)
        if finding.fix:
            output.out.print(f"      fix: {finding.fix}", markup=False, soft_wrap=True)
    if any(finding.needed and not finding.ok for finding in findings):
        raise NotYet(summary(findings))
    output.out.print(f"\n{summary(findings)}", markup=False)


def _become(command: list[str]) -> None:
    """Replace this process by another; on Windows, run it and end with its exit code."""
    sys.stdout.flush()
    if sys.platform != "win32":
        os.execv(command[0], command)  # noqa: S606 - a list of words, no shell
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the script
    sys.exit(subprocess.call(command))
