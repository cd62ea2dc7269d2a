"""The commands and options of ./learn quiz, and their help."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from course.options import BrokerName, Plain, together

TAKE = "take"


class Quizzes(TyperGroup):
    """A group in which anything that is no command's name is what `take` is to be given."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        pairs = zip(["", *args], args, strict=False)
        words = (word for before, word in pairs if before != "--broker" and word[:1] != "-")
        first = next(words, None)
        helps = bool(args) and args[0] in ("-h", "--help")
        if first not in self.commands and not helps:
            args = [TAKE, *args]
        return super().parse_args(ctx, args)


class Format(StrEnum):
    """What `export` can write."""

    gift = "gift"
    markdown = "markdown"


app = typer.Typer(
    cls=Quizzes,
    help="Answer questions: ./learn quiz 3 begins or goes on; -h shows its options.",
    epilog="Example: ./learn quiz 3 --lesson 3.4 --count 5",
    rich_markup_mode=None,
)


@app.callback()
def quiz(context: typer.Context, plain: Plain = False, broker: BrokerName = None) -> None:
    together(context, plain, broker)


@app.command(TAKE, epilog="Example: ./learn quiz take 3 --review")
def take(
    context: typer.Context,
    module: Annotated[str | None, typer.Argument(metavar="MODULE", help="Such as 3.")] = None,
    lesson: Annotated[
        str | None, typer.Option("--lesson", metavar="LESSON", help="Only this lesson.")
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", min=1, metavar="N", help="How many questions.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, metavar="N", help="The same sitting again.")
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Ask what was missed and is due again.")
    ] = False,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Begin or go on with a sitting. The word may be left out."""
    from course.quiz import commands

    wishes = commands.Wishes(seed, lesson, count, review)
    commands.take(together(context, plain, broker), module, wishes)


@app.command(epilog="Example: ./learn quiz check quizzes/module_3.toml")
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .toml file with questions.")],
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Check a question file: its form, its sense, and its keys on a broker."""
    from course.quiz import checking

    checking.run(together(context, plain, broker), file)


@app.command(epilog="Example: ./learn quiz export 3 --format gift > module_3.gift")
def export(
    context: typer.Context,
    module: Annotated[str, typer.Argument(metavar="MODULE", help="Such as 3.")],
    format: Annotated[Format, typer.Option("--format", help="For Moodle, or for print.")],
    student: Annotated[bool, typer.Option("--student", help="Without the answers.")] = False,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Write a module's questions as a file for teachers."""
    from course.quiz import export as exporting

    exporting.run(module, format.value, student)


@app.command(epilog="Example: ./learn quiz interview")
def interview(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="Only the one of this name.")
    ] = None,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Answer open questions, and judge yourself by a rubric."""
    from course.quiz import interview as interviewing

    interviewing.take(together(context, plain, broker), name)
