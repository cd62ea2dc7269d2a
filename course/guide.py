"""What `./learn` alone says: a welcome the first time, later the next step."""

from course.catalog import Catalog, Lesson
from course.grading.unit import Unit
from course.progress import Progress

WELCOME = """\
# Welcome

This course teaches messaging with **RabbitMQ** and Python, by running it.
Each lesson is a page to read and a handful of short scripts.
You can read a page here or on the web, let it be played, or type its commands yourself.

Nothing that you do here can break anything: the scripts run on a broker of their own.
Stop at any time; `./learn` goes on where you were.
"""


def next_lesson(catalog: Catalog, progress: Progress) -> Lesson | None:
    """The first lesson that has not been played to its end; None if all have."""
    undone = (lesson for lesson in catalog.lessons if not progress.lesson(lesson.id).done)
    return next(undone, None)


def next_exercise(catalog: Catalog, progress: Progress) -> Unit | None:
    """The first exercise of a played lesson that has not been passed; None if there is none."""
    for unit in catalog.exercises:
        if progress.lesson(unit.file.lesson).done and not progress.exercise(unit.name).passed_at:
            return unit
    return None


def next_project(catalog: Catalog, progress: Progress) -> Unit | None:
    """The first project that has not been passed; None if there is none."""
    open_ = (unit for unit in catalog.projects if not progress.exercise(unit.name).passed_at)
    return next(open_, None)


def next_step(catalog: Catalog, progress: Progress) -> str:
    """Where the learner is and what to type now, in Markdown."""
    lesson, unit = next_lesson(catalog, progress), next_exercise(catalog, progress)
    so_far = _so_far(catalog, progress)
    if lesson is None and unit is None and (project := next_project(catalog, progress)):
        return f"{so_far} {_build(project, progress)}"
    if lesson is None and unit is None:
        text = f"{so_far} You have been through all there is. All lessons: `./learn list`"
        for module in catalog.modules:
            quiz = progress.quizzes.get(str(module.number))
            if quiz is None or quiz.passed_at is None:
                text += f"\n\n- find out what has stayed: `./learn quiz {module.number}`"
        return text
    moved_on = lesson is not None and progress.lesson(lesson.id).read_at is not None
    if unit is not None and not moved_on:
        text = f"{so_far} {_practise(unit, progress)}"
        if lesson is not None:
            text += f"\n- or go on with lesson {lesson.id}: `./learn read {lesson.id}`"
        return text
    assert lesson is not None  # noqa: S101 - else there is an exercise
    text = f"{so_far} {_learn(lesson, progress)}"
    if unit is not None:
        text += f"\n- or practise what you have: `./learn start {unit.short}`"
    return text


def _so_far(catalog: Catalog, progress: Progress) -> str:
    done = sum(progress.lesson(lesson.id).done for lesson in catalog.lessons)
    text = f"{done} of {len(catalog.lessons)} lessons played"
    if catalog.exercises:
        passed = sum(progress.exercise(u.name).passed_at is not None for u in catalog.exercises)
        text += f", {passed} of {len(catalog.exercises)} exercises passed"
    return text + "."


def _learn(lesson: Lesson, progress: Progress) -> str:
    name = f"lesson {lesson.id}, {lesson.title}"
    minutes = f" ({lesson.minutes} minutes)" if lesson.minutes else ""
    if progress.lesson(lesson.id).read_at is None:
        return (
            f"Next is {name}{minutes}.\n\n"
            f"- read it: `./learn read {lesson.id}`\n"
            f"- then play it: `./learn run {lesson.id}`"
        )
    return (
        f"You have read {name}.\n\n"
        f"- play it: `./learn run {lesson.id}`\n"
        f"- read it again: `./learn read {lesson.id}`"
    )


def _practise(unit: Unit, progress: Progress) -> str:
    entry = progress.exercise(unit.name)
    if entry.started_at is None:
        return (
            f"Next is exercise {unit.short}, {unit.title} ({unit.file.minutes} minutes).\n\n"
            f"- begin: `./learn start {unit.short}`"
        )
    return (
        f"You have begun exercise {unit.short}, {unit.title}: "
        f"{entry.tasks_passed} of {len(unit.tasks)} tasks passed.\n\n"
        f"- check it: `./learn check {unit.short}`\n"
        f"- a hint: `./learn hint {unit.short}`"
    )


def _build(unit: Unit, progress: Progress) -> str:
    entry = progress.exercise(unit.name)
    if entry.started_at is None:
        return (
            f"Next is the project: {unit.title}, in {len(unit.tasks)} {unit.word}s.\n\n"
            f"- read it: `./learn read {unit.short}`\n"
            f"- begin: `./learn start {unit.short}`"
        )
    number = min(entry.tasks_passed + 1, len(unit.tasks))
    return (
        f"You are building {unit.title[:1].lower()}{unit.title[1:]}: "
        f"{entry.tasks_passed} of {len(unit.tasks)} {unit.word}s passed.\n\n"
        f"- {unit.word} {number}: `./learn check {unit.short} --milestone {number}`\n"
        f"- all of it: `./learn check {unit.short}`\n"
        f"- a hint: `./learn hint {unit.short} {number}`"
    )
