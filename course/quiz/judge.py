"""Judges an answer, by the file or by what a lab says."""

import itertools
from collections.abc import Sequence

from course.quiz import executed
from course.quiz.lab import Lab
from course.quiz.models import (
    FreeText,
    Multiple,
    Number,
    Order,
    Predict,
    Question,
    Route,
    Single,
    State,
)
from course.quiz.parts import Item, Option, PatternTask, QueuesTask
from course.quiz.verdict import Answer, Note, Unclear, Verdict
from course.quiz.words import fold, number, patterns

ALMOST = 1e-9  # floating-point numbers at the very edge of a tolerance are within it


def judge(question: Question, answer: Answer, lab: Lab) -> Verdict:
    """The verdict on an answer of the shape that `choices` and `read` give.

    Raises CouldNotCheck if the lab cannot say.
    """
    if isinstance(answer, str):
        if isinstance(question, Number):
            return _number(question, answer)
        if isinstance(question, FreeText):
            return _text(question, answer)
        if isinstance(question, Route):
            return executed.pattern(question, answer, lab)
        if isinstance(question, Predict):
            return executed.predict(question, answer, lab)
        if isinstance(question, State):
            return executed.state(question, answer, lab)
    else:
        if isinstance(question, Single):
            return _single(question.options, answer)
        if isinstance(question, Multiple):
            return _multiple(question.options, answer)
        if isinstance(question, Order):
            return _order(question.items, answer)
        if isinstance(question, Route):
            return executed.queues(question, answer, lab)
        if isinstance(question, Predict):
            return executed.predict(question, question.options[answer[0]].text, lab)
    raise TypeError(f"{question.type} does not take {answer!r}")


def choices(question: Question) -> tuple[str, ...]:
    """The texts to choose from or to put in order; none where the answer is typed."""
    if isinstance(question, Single | Multiple | Predict):
        return tuple(option.text for option in question.options)
    if isinstance(question, Order):
        return tuple(item.text for item in question.items)
    if isinstance(question, Route) and isinstance(question.route, QueuesTask):
        return tuple(question.route.queues)
    return ()


def read(question: Question, typed: str) -> str:
    """A typed answer, if it can be one; raises Unclear."""
    if not typed.strip():
        raise Unclear("Type an answer.")
    if isinstance(question, Number) and number(typed, question.unit) is None:
        raise Unclear("Type a number.")
    if isinstance(question, State) and not typed.strip().isdecimal():
        raise Unclear("Type a whole number.")
    if isinstance(question, Route) and isinstance(question.route, PatternTask):
        bindings = patterns(typed)
        most = question.route.at_most
        if len(bindings) > most:
            limit = "one binding key" if most == 1 else f"at most {most} binding keys"
            raise Unclear(f"Type {limit}, with spaces between two of them.")
        if any(len(key.encode()) > 255 for key in bindings):
            raise Unclear("A binding key has room for 255 bytes.")
    return typed


def right_answers(question: Question) -> list[Answer]:
    """Every answer that the file calls right."""
    if isinstance(question, Single | Multiple) or (
        isinstance(question, Predict) and question.options
    ):
        return [tuple(n for n, option in enumerate(question.options) if option.correct)]
    if isinstance(question, Order):
        return [tuple(range(len(question.items)))]
    if isinstance(question, Number):
        return [f"{question.answer:g}"]
    if isinstance(question, FreeText):
        return list(question.accept)
    if isinstance(question, Predict):
        return [question.predict.answer]
    if isinstance(question, State):
        return [str(question.answer)]
    route = question.route
    if isinstance(route, PatternTask):
        return list(route.answers)
    return [tuple(n for n, queue in enumerate(route.queues) if queue in route.answer)]


def wrong_answers(question: Question) -> list[Answer]:
    """Every answer that the file calls wrong, or partly wrong."""
    if isinstance(question, Single | Predict) and question.options:
        return [(n,) for n, option in enumerate(question.options) if not option.correct]
    if isinstance(question, Multiple):
        right = {n for n, option in enumerate(question.options) if option.correct}
        others = [n for n in range(len(question.options)) if n not in right]
        return [*((n,) for n in others), *(tuple(sorted(right | {n})) for n in others)]
    if isinstance(question, Order):
        return [tuple(reversed(range(len(question.items))))]
    if isinstance(question, Number | State):
        return [f"{wrong.value:g}" for wrong in question.wrong]
    if isinstance(question, FreeText | Predict):
        return [wrong.value for wrong in question.wrong]
    return executed.wrong_routes(question) if isinstance(question, Route) else []


def _single(options: Sequence[Option], answer: tuple[int, ...]) -> Verdict:
    chosen = options[answer[0]]
    right = next(option for option in options if option.correct)
    notes = [Note(chosen.text, chosen.correct, chosen.why)]
    if not chosen.correct:
        notes.append(Note(right.text, True, right.why))
    return Verdict(float(chosen.correct), right.text, tuple(notes))


def _multiple(options: Sequence[Option], answer: tuple[int, ...]) -> Verdict:
    ticked = [n in answer for n in range(len(options))]
    right = sum(option.correct for option in options)
    good = sum(tick and option.correct for tick, option in zip(ticked, options, strict=True))
    bad = sum(tick and not option.correct for tick, option in zip(ticked, options, strict=True))
    notes = [
        Note(option.text, option.correct, option.why)
        for tick, option in zip(ticked, options, strict=True)
        if tick or option.correct
    ]
    answers = "; ".join(option.text for option in options if option.correct)
    return Verdict(max(0, good - bad) / right, answers, tuple(notes))


def _order(items: Sequence[Item], answer: tuple[int, ...]) -> Verdict:
    pairs = set(itertools.pairwise(answer))
    kept = sum((n, n + 1) in pairs for n in range(len(items) - 1))
    score = kept / (len(items) - 1)
    right = "; ".join(f"{n}. {item.text}" for n, item in enumerate(items, start=1))
    notes = tuple(
        Note(f"{n}. {item.text}", place == n - 1, item.why)
        for n, (item, place) in enumerate(zip(items, answer, strict=True), start=1)
    )
    return Verdict(score, right, notes)


def _number(question: Number, answer: str) -> Verdict:
    given = number(answer, question.unit)
    right = f"{question.answer:g} {question.unit}".strip()
    if given is not None and abs(given - question.answer) <= question.tolerance + ALMOST:
        return Verdict(1, right)
    notes = tuple(
        Note(answer.strip(), False, wrong.why)
        for wrong in question.wrong
        if given is not None and abs(given - wrong.value) <= ALMOST
    )
    return Verdict(0, right, notes)


def _text(question: FreeText, answer: str) -> Verdict:
    if fold(answer) in map(fold, question.accept):
        return Verdict(1, question.accept[0])
    return Verdict(0, question.accept[0], executed.known(question.wrong, answer))
