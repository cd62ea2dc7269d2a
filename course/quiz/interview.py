"""Open questions, as an interview asks them: one judges oneself by a rubric."""

from typing import Literal

from pydantic import Field
from rich.markdown import Markdown
from rich.text import Text

from course import console, progress
from course.console import Output
from course.errors import CouldNotCheck, NotYet
from course.options import Options
from course.quiz import ask, load
from course.quiz.check import source_problem
from course.quiz.parts import Slug, Strict
from course.quiz.parts import Text as Words
from course.quiz.show import where
from course.toml import files
from course.toml.files import Problem
from course.toml.lines import line_of

FILE = load.FOLDER / "interview.toml"


class OpenQuestion(Strict):
    """A question without a key: a model answer, and what a good answer says."""

    id: Slug
    prompt: Words = Field(description="Markdown")
    minutes: int = Field(5, ge=1, le=60)
    model_answer: Words = Field(description="Markdown")
    rubric: list[Words] = Field(min_length=3, description="What a good answer says, point by point")
    links: list[Words] = Field(min_length=1, description="Pages in the repository, or https URLs")


class InterviewFile(Strict):
    """The whole of quizzes/interview.toml."""

    schema_version: Literal[1]
    title: Words
    questions: list[OpenQuestion] = Field(min_length=1)


def check_interview(interview: InterviewFile, source: str) -> list[Problem]:
    """What the format cannot say."""
    problems = []
    seen: set[str] = set()
    for index, question in enumerate(interview.questions):
        troubles = [trouble for link in question.links if (trouble := source_problem(link))]
        if question.id in seen:
            troubles.append("this id is there twice")
        seen.add(question.id)
        if len(set(question.rubric)) < len(question.rubric):
            troubles.append("a point of the rubric is there twice")
        line = line_of(source, ("questions", index))
        problems += [Problem(line, f"question {question.id!r}: {text}") for text in troubles]
    return problems


def take(options: Options, name: str | None) -> None:
    """`./learn quiz interview`: every question, or the one called `name`."""
    output = console.make(options.plain)
    if not FILE.is_file():
        raise CouldNotCheck(f"{files.shown(FILE)} is missing.")
    interview = files.read(FILE, InterviewFile)
    chosen = [question for question in interview.questions if name in (None, question.id)]
    if not chosen:
        from course.errors import unknown

        known = [question.id for question in interview.questions]
        raise unknown("interview question", str(name), known, "./learn quiz interview")
    output.out.print(
        f"{interview.title}: {len(chosen)} open questions. Answer each aloud or on paper; "
        "then compare.",
        markup=False,
    )
    asker = ask.ByNumber(output)
    for number, question in enumerate(chosen, start=1):
        try:
            points = _one(output, asker, question, number, len(chosen))
        except ask.Quit as stop:
            why = "the input is over" if stop.ended else "stopped"
            raise NotYet(
                f"{why}. One question alone: ./learn quiz interview {question.id}"
            ) from None
        so_far = progress.load(output.say)
        so_far.interview[question.id] = max(points, so_far.interview.get(question.id, 0))
        progress.save(so_far)


def _one(output: Output, asker: ask.Asker, question: OpenQuestion, number: int, count: int) -> int:
    """Ask one question; the number of the rubric's points that the learner claims."""
    out = output.out
    out.print()
    head = Text(f"Question {number} of {count}: {question.id}, {question.minutes} minutes")
    out.rule(head, align="left", style="bold")
    out.print(Markdown(question.prompt))
    out.print()

    def hint() -> bool:
        out.print(Markdown(f"A good answer has {len(question.rubric)} points."))
        return True

    asker.line("Enter when you have answered", hint)
    out.print(Markdown(f"**A model answer**\n\n{question.model_answer}"))
    out.print("\nDid your answer say this? y or n.")
    points = 0
    for point in question.rubric:
        out.print()
        out.print(Markdown(point))
        while (typed := asker.line("y/n", hint).strip().lower()) not in ("y", "yes", "n", "no"):
            out.print("Type y or n.")
        points += typed in ("y", "yes")
    out.print(f"\n{points} of {len(question.rubric)} points. To read:")
    for link in question.links:
        out.print(f"  {where(link)}", markup=False, soft_wrap=True)
    return points
