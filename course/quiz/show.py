"""Shows questions, verdicts and results."""

import re

from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from course.console import Output
from course.quiz import describe
from course.quiz.models import Question, QuizFile
from course.quiz.sitting import Result
from course.quiz.verdict import Verdict

LESSON = re.compile(r"module_(\d+)/(\d+)_")


class Show:
    """The quiz's view for a person."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.out = output.out

    def question(self, question: Question, number: int, count: int) -> None:
        """The question, without its options."""
        self.out.print()
        head = f"Question {number} of {count} (lesson {question.lesson})"
        self.out.rule(Text(head), align="left", style="bold")
        self.out.print(Markdown(describe.body(question)))
        self.out.print()

    def hint(self, text: str) -> None:
        self.out.print(Markdown(f"**Hint:** {text}"))
        self.out.print()

    def verdict(self, question: Question, verdict: Verdict) -> None:
        """Right or wrong, why, and what the broker did."""
        self.out.print()
        if verdict.right:
            self.out.print("Right.", style="bold green")
        elif verdict.score > 0:
            self.out.print(f"Partly right: {verdict.score:.0%}.", style="bold yellow")
        else:
            self.out.print("Wrong.", style="bold red")
        self._notes(question, verdict)
        if verdict.table:
            self.out.print()
            self.table(verdict.table)
        if verdict.evidence:
            self.out.print(verdict.evidence, style="dim", markup=False)
        if verdict.surprise:
            self.out.print(verdict.surprise, style="yellow", markup=False)
        self.out.print()
        self.out.print(Markdown(question.explanation))
        if not verdict.right:
            self.out.print(f"Read: {where(question.source)}", markup=False, soft_wrap=True)

    def _notes(self, question: Question, verdict: Verdict) -> None:
        typed = not any(note.right for note in verdict.notes)
        if not verdict.right and typed:
            self.out.print(Markdown(f"The right answer: **{_literal(verdict.right_answer)}**"))
        for note in verdict.notes:
            sign = "right" if note.right else "wrong"
            style = "green" if note.right else "red"
            if question.type == "order":
                sign = "here" if note.right else "not here"
            grid = Table.grid(padding=(0, 1))
            grid.add_column(width=8)
            grid.add_row(Text(sign, style=style), Markdown(_literal(note.text)))
            grid.add_row("", Markdown(note.why))
            self.out.print(grid)

    def table(self, rows: tuple[tuple[str, ...], ...]) -> None:
        """Rows under a head."""
        table = Table.grid(padding=(0, 3))
        table.add_row(*(Text(cell, style="bold") for cell in rows[0]))
        for row in rows[1:]:
            table.add_row(*map(Text, row))
        self.out.print(table)

    def result(self, quiz: QuizFile, result: Result) -> None:
        """Score by objective, and what to read again."""
        self.out.print()
        self.out.rule(Text("Result"), align="left", style="bold")
        grid = Table.grid(padding=(0, 2))
        for objective, points, count in result.by_objective:
            grid.add_row(f"{points:.3g} of {count}", objective.lesson, Text(objective.text))
        self.out.print(grid)
        again = list(dict.fromkeys(where(question.source) for question in result.missed))
        if again:
            self.out.print("\nTo read again:")
            for place in again:
                self.out.print(f"  {place}", markup=False, soft_wrap=True)
        self.out.print()


def where(source: str) -> str:
    """A source as a person can follow it: with the command that shows a lesson."""
    lesson = LESSON.match(source)
    read = f" (./learn read {int(lesson[1])}.{int(lesson[2])})" if lesson else ""
    return source + read


def _literal(text: str) -> str:
    """Text that may hold `code`, and else nothing that Markdown would take for a sign."""
    if "`" in text:
        return text
    return "".join(f"\\{sign}" if sign in "\\*_#[]<>|" else sign for sign in text)
