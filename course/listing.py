"""What `./learn list` shows: the units of the course in order, and what has been done."""

from typing import TYPE_CHECKING

from course import console
from course.options import Options
from course.paths import ROOT

if TYPE_CHECKING:
    from course.grading.unit import Unit
    from course.progress import Progress


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
