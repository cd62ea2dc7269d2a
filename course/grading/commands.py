"""What `./learn start|hint|solution|reset` do around a learner's files and progress."""

from course import console, progress
from course.errors import NotYet, WrongUse
from course.grading import project, workspace
from course.grading.models import HINTS
from course.grading.places import typed
from course.grading.unit import find
from course.options import Options


def start(options: Options, word: str) -> None:
    """`./learn start EXERCISE`"""
    output = console.make(options.plain)
    unit = find(word)
    started = workspace.start(unit)
    where = typed(unit.copy)
    if started.new:
        output.out.print(f"{unit.short}: {unit.title}", style="bold", markup=False)
        output.out.print(f"Your files are in {where}: {', '.join(started.made)}", markup=False)
    else:
        kept = f"{where} is there already, and nothing in it was changed."
        made = f" Brought back: {', '.join(started.made)}." if started.made else ""
        output.out.print(kept + made, markup=False, soft_wrap=True)
    so_far = progress.load(output.say)
    so_far.exercise(unit.name).begin()
    progress.save(so_far)
    lines = [("Read", f"./learn read {unit.short}"), ("Edit", ", ".join(unit.file.files))]
    lines += [("Check", f"./learn check {unit.short}"), ("A hint", f"./learn hint {unit.short}")]
    if not started.new:
        lines.append(("Afresh", f"./learn reset {unit.short}"))
    for label, text in lines:
        output.out.print(f"  {label:<8}{text}", markup=False)


def hint(options: Options, word: str, number: int | None) -> None:
    """`./learn hint EXERCISE [TASK]`: the next hint of a task, or all of them once they are out."""
    from rich.markdown import Markdown

    output = console.make(options.plain)
    unit = find(word)
    so_far = progress.load(output.say)
    entry = so_far.exercise(unit.name)
    number = number or min(entry.tasks_passed + 1, len(unit.tasks))
    if not 1 <= number <= len(unit.tasks):
        raise WrongUse(f"{unit.short} has {unit.word}s 1 to {len(unit.tasks)}, not {number}.")
    task = unit.tasks[number - 1]
    given = min(entry.hints.get(str(number), 0) + 1, len(HINTS))
    again = given == entry.hints.get(str(number), 0)
    entry.hints[str(number)] = given
    progress.save(so_far)
    output.out.print(
        f"{unit.short}, {unit.word} {number}: {task.title}", style="bold", markup=False
    )
    for place in range(given) if again else (given - 1,):
        output.out.print(f"\nHint {place + 1} of {len(HINTS)}, {HINTS[place]}:", markup=False)
        output.out.print(Markdown(task.hints[place]), width=min(output.out.width, 80))
    if given < len(HINTS):
        output.out.print(f"\nThe next one: ./learn hint {unit.short} {number}", markup=False)
    else:
        more = f"That was the last. All of it: ./learn solution {unit.short} --show"
        output.out.print(f"\n{more}", markup=False)


def solution(options: Options, word: str, show: bool) -> None:
    """`./learn solution EXERCISE`: after a pass or with --show, as a way there from one's own."""
    output = console.make(options.plain)
    unit = find(word)
    so_far = progress.load(output.say)
    if unit.is_project:
        project.solution(output, unit)
        return
    if so_far.exercise(unit.name).passed_at is None and not show:
        raise NotYet(
            f"the solution of {unit.short} opens when your own has passed. "
            f"A hint: ./learn hint {unit.short}. "
            f"To see it now: ./learn solution {unit.short} --show"
        )
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for name, lines in workspace.compare(unit):
        if not lines:
            output.out.print(f"{name}: yours is the same.", markup=False)
        for line in lines:
            output.out.print(line, style=styles.get(line[:1], ""), markup=False, soft_wrap=True)
    output.out.print(f"\nIn one piece: {typed(unit.folder / 'solution')}", markup=False)
    others = [name.partition("/")[2] for name in unit.variants("alternatives")]
    if others:
        where = typed(unit.folder / "alternatives")
        output.out.print(f"Other right ways: {', '.join(others)} in {where}", markup=False)


def reset(options: Options, word: str) -> None:
    """`./learn reset EXERCISE`: the starter again; one's own work is kept as a backup."""
    output = console.make(options.plain)
    unit = find(word)
    workspace.need_started(unit)
    backup = workspace.set_aside(unit)
    workspace.start(unit)
    so_far = progress.load(output.say)
    so_far.exercise(unit.name).tasks_passed = 0
    progress.save(so_far)
    output.out.print(
        f"{typed(unit.copy)} is as it was at first. Yours is kept: {typed(backup)}", markup=False,
        soft_wrap=True,
    )  # fmt: skip
