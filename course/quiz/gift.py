"""Questions in GIFT, which Moodle and others import.

Source: https://docs.moodle.org/en/GIFT_format
"""

from collections.abc import Iterable, Sequence

from course.quiz import describe
from course.quiz.judge import choices, right_answers
from course.quiz.models import (
    FreeText,
    Multiple,
    Number,
    Order,
    Predict,
    Question,
    QuizFile,
    Route,
    Single,
    State,
)
from course.quiz.parts import Option, PatternTask, QueuesTask, WrongNumber, WrongText
from course.quiz.sitting import shuffled

SIGNS = "~=#{}:"


def write(quiz: QuizFile, student: bool) -> str:
    """The whole file. For a student every question is an open one, without its key."""
    blocks = [f"$CATEGORY: {_one_line(quiz.title)}"]
    for question in quiz.questions:
        text = describe.body(question)
        if student:
            text += listed(question)
        comment = "" if student or question.type != "route" else _comment(question)
        answers = "" if student else _answers(question)
        blocks.append(f"{comment}::{escape(question.id)}::[markdown]{escape(text)}{{{answers}}}")
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    """The text with every sign that GIFT gives a meaning escaped, on one line."""
    text = text.strip().replace("\\", "\\\\")
    for sign in SIGNS:
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r", "").replace("\n", "\\n")


def listed(question: Question) -> str:
    """The options, or what to put in order, as a list; nothing where the answer is typed."""
    texts = choices(question)
    if not texts:
        return ""
    order = shuffled(texts, 0, question.id)
    lines = (f"{n}. {texts[place]}" for n, place in enumerate(order, start=1))
    return "\n\n" + "\n".join(lines)


def _answers(question: Question) -> str:
    lines: list[str]
    if isinstance(question, Single | Predict) and question.options:
        lines = [_choice("=" if o.correct else "~", o.text, o.why) for o in question.options]
    elif isinstance(question, Multiple):
        lines = _several(question.options)
    elif isinstance(question, Order):
        items = enumerate(question.items, start=1)
        lines = [f"={n}. -> {escape(item.text)}" for n, item in items]
    elif isinstance(question, Number):
        key = f"={question.answer:g}:{question.tolerance:g}"
        return "#" + _block([key, *_wrong_numbers(question.wrong)], question.explanation)
    elif isinstance(question, State):
        key = f"={question.answer}:0"
        return "#" + _block([key, *_wrong_numbers(question.wrong)], question.explanation)
    elif isinstance(question, FreeText):
        lines = _typed(question.accept, question.wrong)
    elif isinstance(question, Predict):
        lines = _typed([question.predict.answer], question.wrong)
    elif isinstance(question, Route):
        lines = _route(question)
    else:
        raise TypeError(question.type)
    return _block(lines, question.explanation)


def _route(question: Route) -> list[str]:
    task = question.route
    if isinstance(task, PatternTask):
        wrong = [entry for entry in question.wrong if isinstance(entry, WrongText)]
        return _typed(task.answers, wrong)
    if not task.answer:
        return ["=none of them", *(f"~{escape(queue)}" for queue in task.queues)]
    return _several([Option(text=q, correct=q in task.answer, why=q) for q in task.queues], False)


def _several(options: Sequence[Option], why: bool = True) -> list[str]:
    right = sum(option.correct for option in options)
    share = f"{100 / right:.5f}".rstrip("0").rstrip(".")
    return [
        _choice(f"~%{'' if o.correct else '-'}{share}%", o.text, o.why if why else "")
        for o in options
    ]


def _choice(sign: str, text: str, why: str = "") -> str:
    return f"{sign}{escape(text)}" + (f"#{escape(why)}" if why else "")


def _typed(right: Iterable[str], wrong: Iterable[WrongText]) -> list[str]:
    # Moodle takes a bare * in a short answer for a wildcard of its own.
    good = [_choice("=", text.replace("*", "\\*")) for text in right]
    return good + [_choice("=%0%", w.value.replace("*", "\\*"), w.why) for w in wrong]


def _wrong_numbers(wrong: Iterable[WrongNumber]) -> list[str]:
    return [f"=%0%{entry.value:g}:0#{escape(entry.why)}" for entry in wrong]


def _block(lines: list[str], explanation: str) -> str:
    return "\n" + "\n".join(f"  {line}" for line in [*lines, f"####{escape(explanation)}"]) + "\n"


def _comment(question: Question) -> str:
    if isinstance(question, Route) and isinstance(question.route, QueuesTask):
        return ""
    return "// GIFT knows the listed answers only; the course accepts every equivalent pattern.\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def keys(question: Question) -> list[str]:
    """The right answers in words, for a list of answers."""
    texts = choices(question)
    return [
        answer if isinstance(answer, str) else "; ".join(texts[place] for place in answer) or "none"
        for answer in right_answers(question)
    ]
