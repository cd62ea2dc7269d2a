"""What `./learn quiz ...` does: puts the quiz's other modules together."""

import secrets
from dataclasses import dataclass, replace

from course import catalog, console, progress
from course.errors import NotYet, WrongUse
from course.options import Options
from course.progress import QuizProgress, Sitting
from course.quiz import load, review, sitting
from course.quiz.models import QuizFile
from course.quiz.session import Session

SEEDS = 10_000


@dataclass(frozen=True)
class Wishes:
    """The options of a sitting."""

    seed: int | None = None
    lesson: str | None = None
    count: int | None = None
    review: bool = False

    @property
    def any(self) -> bool:
        return (self.seed, self.lesson, self.count, self.review) != (None, None, None, False)


def take(options: Options, module: str | None, wishes: Wishes) -> None:
    """`./learn quiz MODULE`: begin or go on with a sitting; NotYet below the pass mark."""
    output = console.make(options.plain)
    if module is None and len(known := sorted(load.FOLDER.glob("module_*.toml"))) == 1:
        module = known[0].stem
    if module is None:
        raise WrongUse("which module's quiz? For example: ./learn quiz 3")
    quiz = load.quiz(module)
    if wishes.lesson is not None:
        wishes = replace(wishes, lesson=catalog.load().lesson(wishes.lesson).id)
    entry = progress.load(output.say).quiz(quiz.module)
    now = _review(quiz, entry, wishes, output) if wishes.review else None
    if wishes.review and now is None:
        return
    if now is None:
        now = _begin_or_resume(quiz, entry, wishes, output)
    session = Session(options, quiz, now, output, keep=not wishes.review)
    session.run()
    _finish(session, wishes)


def _begin_or_resume(
    quiz: QuizFile, entry: QuizProgress, wishes: Wishes, output: console.Output
) -> Sitting:
    known = {question.id for question in quiz.questions}
    old = entry.sitting
    if old is not None and not wishes.any and known.issuperset(old.questions):
        done = len(old.scores)
        output.out.print(
            f"Going on with {quiz.title}: {done} of {len(old.questions)} answered, "
            f"seed {old.seed}.",
            markup=False,
        )
        return old
    if old is not None:
        reason = "as you asked for another one" if wishes.any else "as the quiz has changed"
        output.say(f"A sitting that was begun is put away, {reason}.")
    seed = secrets.randbelow(SEEDS) if wishes.seed is None else wishes.seed
    now = sitting.choose(quiz, seed, wishes.lesson, wishes.count)
    output.out.print(
        f"{quiz.title}: {_many(len(now.questions))}, seed {seed}. "
        f"Passed from {quiz.pass_percent} %.",
        markup=False,
    )
    return now


def _review(
    quiz: QuizFile, entry: QuizProgress, wishes: Wishes, output: console.Output
) -> Sitting | None:
    names = [q.id for q in quiz.questions if wishes.lesson in (None, q.lesson)]
    ready, later = review.due(entry, names)
    if not ready:
        when = "Nothing was missed so far, so there is nothing to review."
        if later is not None:
            when = f"Nothing is due now. The next question is due {later.astimezone():%d %B %H:%M}."
        output.out.print(when, markup=False)
        return None
    seed = secrets.randbelow(SEEDS) if wishes.seed is None else wishes.seed
    ready = ready[: wishes.count or quiz.sitting]
    output.out.print(f"To review: {_many(len(ready))}, seed {seed}.", markup=False)
    return Sitting(seed=seed, questions=ready, whole=False)


def _finish(session: Session, wishes: Wishes) -> None:
    result = session.finish()
    quiz = session.quiz
    if wishes.review:
        if result.missed:
            raise NotYet(f"{len(result.missed)} to see again: ./learn quiz {quiz.module} --review")
        session.output.out.print("All of them right.", style="green")
        return
    again = f" Review: ./learn quiz {quiz.module} --review" if result.missed else ""
    if not result.passed:
        raise NotYet(f"not yet: {result.percent} %, and {quiz.pass_percent} % are needed.{again}")
    session.output.out.print(
        f"Passed with {result.percent} %.{again}", style="bold green", markup=False
    )


def _many(count: int) -> str:
    return "1 question" if count == 1 else f"{count} questions"
