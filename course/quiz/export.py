"""`./learn quiz export`: a module's questions for a learning platform or on paper."""

import sys
from collections.abc import Iterator

from course.quiz import describe, gift, load
from course.quiz.models import Number, Question, QuizFile
from course.quiz.show import where


def run(module: str, form: str, student: bool) -> None:
    """Write the questions to standard output."""
    quiz = load.quiz(module)
    text = gift.write(quiz, student) if form == "gift" else markdown(quiz, student)
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:  # platforms import UTF-8, whatever this terminal's encoding is
        reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.write(text)


def markdown(quiz: QuizFile, student: bool) -> str:
    """A page with the questions; for teachers with the answers at its end."""
    lines = [f"# {quiz.title}", "", f"Passed from {quiz.pass_percent} %.", ""]
    for number, question in enumerate(quiz.questions, start=1):
        lines += [f"## Question {number}", "", describe.body(question) + gift.listed(question), ""]
        if not gift.listed(question):
            lines += [f"{describe.how_to_answer(question)}: ________", ""]
    if not student:
        lines += ["# Answers", ""]
        for number, question in enumerate(quiz.questions, start=1):
            lines += [f"## Answer {number}", "", *_answer(question), ""]
    return "\n".join(lines)


def _answer(question: Question) -> Iterator[str]:
    keys = gift.keys(question)
    unit = f" {question.unit}" if isinstance(question, Number) else ""
    yield f"**Right:** {' or '.join(keys)}{unit}"
    yield ""
    for option in getattr(question, "options", []):
        yield f"- {'right' if option.correct else 'wrong'}: {option.text}: {option.why}"
    for item in getattr(question, "items", []):
        yield f"- {item.text}: {item.why}"
    for wrong in getattr(question, "wrong", []):
        value = ", ".join(wrong.value) if isinstance(wrong.value, list) else wrong.value
        yield f"- wrong: {value}: {wrong.why}"
    yield ""
    yield question.explanation.strip()
    yield ""
    yield f"Source: {where(question.source)}. Lesson {question.lesson}, id `{question.id}`."
