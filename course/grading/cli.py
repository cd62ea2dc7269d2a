"""The commands and options of the exercises, and their help."""

from typing import Annotated

import typer

from course.options import BrokerName, Plain, together

Name = Annotated[str, typer.Argument(metavar="EXERCISE", help="Such as ex_01.")]


def start(
    context: typer.Context, exercise: Name, plain: Plain = False, broker: BrokerName = None
) -> None:
    """Begin an exercise: a copy of its files to work on."""
    from course.grading import commands

    commands.start(together(context, plain, broker), exercise)


def check(
    context: typer.Context,
    exercise: Annotated[
        str | None, typer.Argument(metavar="[EXERCISE]", help="Such as ex_01.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every exercise that is begun.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Again whenever a file is saved.")] = False,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, metavar="N", help="The same run again.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The whole report, for tools.")] = False,
    code: Annotated[
        str, typer.Option("--code", metavar="CODE", help="solution, starter, mutants/NAME, ...")
    ] = "learner",
    milestone: Annotated[
        int | None, typer.Option("--milestone", metavar="N", help="This one only, of a project.")
    ] = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="Of a project: check our program, not yours.")
    ] = False,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Run your programs against a broker, and say what is right and what is next."""
    from course.errors import WrongUse
    from course.grading import checking

    options = together(context, plain, broker)
    wishes = checking.Wishes("reference" if reference else code, seed, json, milestone)
    if (exercise is None) != all_:
        raise WrongUse("which exercise? For example: ./learn check ex_01, or --all")
    if watch and exercise is not None:
        raise typer.Exit(checking.watch(options, exercise, wishes))
    if watch:
        raise WrongUse("--watch goes with one exercise: ./learn check ex_01 --watch")
    if exercise is None:
        raise typer.Exit(checking.check_all(options, wishes))
    raise typer.Exit(checking.check(options, exercise, wishes))


def hint(
    context: typer.Context,
    exercise: Name,
    task: Annotated[
        int | None, typer.Argument(metavar="[TASK]", help="Its number; else the one you are at.")
    ] = None,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Give the next of a task's three hints."""
    from course.grading import commands

    commands.hint(together(context, plain, broker), exercise, task)


def solution(
    context: typer.Context,
    exercise: Name,
    show: Annotated[bool, typer.Option("--show", help="Although yours has not passed.")] = False,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Show what yours and the solution differ in, once yours has passed."""
    from course.grading import commands

    commands.solution(together(context, plain, broker), exercise, show)


def reset(
    context: typer.Context, exercise: Name, plain: Plain = False, broker: BrokerName = None
) -> None:
    """Begin an exercise afresh. A backup of your work is kept."""
    from course.grading import commands

    commands.reset(together(context, plain, broker), exercise)


def register(app: typer.Typer) -> None:
    """Add the commands to ./learn."""
    app.command(epilog="Example: ./learn start ex_01")(start)
    app.command(epilog="Example: ./learn check ex_01 --watch")(check)
    app.command(epilog="Example: ./learn hint ex_01 2")(hint)
    app.command(epilog="Example: ./learn solution ex_01")(solution)
    app.command(epilog="Example: ./learn reset ex_01")(reset)
