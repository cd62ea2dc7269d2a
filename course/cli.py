"""The commands and options of ./learn, and their help. What they do is in the other modules."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from course import commands
from course.brokers.cli import app as broker_app
from course.grading.cli import register as register_exercises
from course.options import BrokerName, Plain, together
from course.quiz.cli import app as quiz_app
from course.tap.cli import app as tap_app

app = typer.Typer(
    name="learn",
    help="Learn messaging with RabbitMQ and Python. Alone, it goes on where you are.",
    epilog="Example: ./learn run 3.1 --step",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
app.add_typer(broker_app, name="broker")
app.add_typer(quiz_app, name="quiz")
app.add_typer(tap_app, name="tap")

LessonName = Annotated[str, typer.Argument(metavar="LESSON", help="Such as 3.1.")]


@app.callback()
def learn(context: typer.Context, plain: Plain = False, broker: BrokerName = None) -> None:
    options = together(context, plain, broker)
    if context.invoked_subcommand is None:
        commands.go_on(options)


@app.command("list", epilog="Example: ./learn list --plain")
def list_(context: typer.Context, plain: Plain = False, broker: BrokerName = None) -> None:
    """Show the modules and lessons, and what you have done."""
    commands.list_units(together(context, plain, broker))


@app.command(epilog="Example: ./learn read 3.1")
def read(
    context: typer.Context, lesson: LessonName, plain: Plain = False, broker: BrokerName = None
) -> None:
    """Read a lesson here in the terminal."""
    commands.read(together(context, plain, broker), lesson)


@app.command(epilog='Example: ./learn run 3.1 --section "Break it"')
def run(
    context: typer.Context,
    lesson: LessonName,
    step: Annotated[bool, typer.Option("--step", help="Wait for Enter before commands.")] = False,
    section: Annotated[
        str | None, typer.Option("--section", metavar="TITLE", help="Play only this part.")
    ] = None,
    tap: Annotated[bool, typer.Option("--tap", help="Draw each message after a scene.")] = False,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Play a lesson: run its console blocks and check every line."""
    commands.run(together(context, plain, broker), lesson, step, section, tap)


@app.command(
    epilog="Example: ./learn script module_3/01_work_queues/worker.py",
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True},
)
def script(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="SCRIPT", help="A lesson's .py file.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGS]...", help="Handed to the script.")
    ] = None,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Run one script in this terminal, connected to the broker."""
    commands.script(together(context, plain, broker), path, arguments or [])


register_exercises(app)


@app.command(epilog="Example: ./learn doctor")
def doctor(context: typer.Context, plain: Plain = False, broker: BrokerName = None) -> None:
    """Check what the course needs on this machine, and name each fix."""
    commands.doctor(together(context, plain, broker))


@app.command(
    epilog="Example: ./learn project submit photos --out thumbs --wait",
    context_settings={
        "allow_interspersed_args": False,
        "ignore_unknown_options": True,
        "help_option_names": [],
    },
)
def project(
    context: typer.Context,
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGS]...", help="Handed to the program.")
    ] = None,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Run the task processor of project 3, connected to the broker."""
    commands.project(together(context, plain, broker), arguments or [])


@app.command(
    epilog="Example: ./learn test -k player -x",
    context_settings={
        "allow_interspersed_args": False,
        "ignore_unknown_options": True,
        "help_option_names": ["--help"],
    },
)
def test(
    context: typer.Context,
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGS]...", help="Handed to pytest.")
    ] = None,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Run the repository's own tests."""
    together(context, plain, broker)
    commands.test(arguments or [])


def run_command_line(arguments: list[str] | None = None) -> int:
    """Run one command line; return its exit code. CourseError and Ctrl-C pass through."""
    try:
        words = sys.argv[1:] if arguments is None else arguments
        result = app(args=words, prog_name="learn", standalone_mode=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.TyperException as error:
        print(f"learn: {error.format_message()}", file=sys.stderr)
        return 2
    if result == 130:  # so typer says that Ctrl-C came
        raise KeyboardInterrupt
    return int(result or 0)
