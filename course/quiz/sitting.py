"""Which questions a sitting asks, in which order, and what came of it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from course.errors import WrongUse
from course.progress import Sitting
from course.quiz.models import Objective, Question, QuizFile


def choose(
    quiz: QuizFile, seed: int, lesson: str | None = None, count: int | None = None
) -> Sitting:
    """A new sitting. The same seed gives the same questions in the same order.

    Every objective is asked for at least once, as far as `count` questions reach.
    """
    draw = random.Random(seed)  # noqa: S311 - for variety, not for secrets
    pool = [q for q in quiz.questions if lesson is None or q.lesson == lesson]
    if not pool:
        raise WrongUse(f"the quiz of module {quiz.module} asks nothing about lesson {lesson}.")
    draw.shuffle(pool)
    wanted = min(count or quiz.sitting, len(pool))
    firsts: dict[str, Question] = {}
    for question in pool:
        firsts.setdefault(question.objective, question)
    chosen = list(firsts.values())[:wanted]
    rest = [question for question in pool if question not in chosen]
    chosen += rest[: wanted - len(chosen)]
    draw.shuffle(chosen)
    whole = lesson is None and wanted >= min(quiz.sitting, len(quiz.questions))
    return Sitting(seed=seed, questions=[question.id for question in chosen], whole=whole)


def shuffled(texts: Sequence[str], seed: int, question: str) -> list[int]:
    """The positions of the texts in the order in which this sitting shows them."""
    order = list(range(len(texts)))
    random.Random(f"{seed}:{question}").shuffle(order)  # noqa: S311 - for variety
    return order


@dataclass(frozen=True)
class Result:
    """A finished sitting. `missed` are the questions that were not fully right."""

    percent: int
    passed: bool
    by_objective: tuple[tuple[Objective, float, int], ...]
    missed: tuple[Question, ...]


def result(quiz: QuizFile, sitting: Sitting) -> Result:
    """Score by objective: points, and how many questions there were."""
    asked = [question for question in quiz.questions if question.id in sitting.scores]
    points = sum(sitting.scores[question.id] for question in asked)
    exact = 100 * points / max(1, len(asked))
    rows = []
    for objective in quiz.objectives:
        scores = [sitting.scores[q.id] for q in asked if q.objective == objective.id]
        if scores:
            rows.append((objective, sum(scores), len(scores)))
    missed = tuple(question for question in asked if sitting.scores[question.id] < 1)
    # Rounded down, so that what is shown as 80 % is enough where 80 % is asked for.
    percent = int(exact + 1e-9)
    return Result(percent, percent >= quiz.pass_percent, tuple(rows), missed)
