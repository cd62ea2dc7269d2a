"""What `./learn` alone says: a welcome the first time, later the next step."""

from course.catalog import Catalog, Lesson
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


def next_step(catalog: Catalog, progress: Progress) -> str:
    """Where the learner is and what to type now, in Markdown."""
    lesson = next_lesson(catalog, progress)
    done = sum(progress.lesson(lesson.id).done for lesson in catalog.lessons)
    so_far = f"{done} of {len(catalog.lessons)} lessons played."
    if lesson is None:
        text = f"{so_far} You have been through all there is. All lessons: `./learn list`"
        for module in catalog.modules:
            quiz = progress.quizzes.get(str(module.number))
            if quiz is None or quiz.passed_at is None:
                text += f"\n\n- find out what has stayed: `./learn quiz {module.number}`"
        return text
    name = f"lesson {lesson.id}, {lesson.title}"
    minutes = f" ({lesson.minutes} minutes)" if lesson.minutes else ""
    if progress.lesson(lesson.id).read_at is None:
        return (
            f"{so_far} Next is {name}{minutes}.\n\n"
            f"- read it: `./learn read {lesson.id}`\n"
            f"- then play it: `./learn run {lesson.id}`"
        )
    return (
        f"{so_far} You have read {name}.\n\n"
        f"- play it: `./learn run {lesson.id}`\n"
        f"- read it again: `./learn read {lesson.id}`"
    )
