"""`./learn project`: the reference program of the project, with the chosen broker's URL."""

from typing import Annotated

import typer

from course.options import BrokerName, Plain, together


def project(
    context: typer.Context,
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGS]...", help="Handed to the program.")
    ] = None,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Run our task processor, the project's reference program."""
    from course import console
    from course.brokers import choose
    from course.grading import project
    from course.options import wanted

    options = together(context, plain, broker)
    words = arguments or []
    url = None
    if words and not {"--help", "-h"} & set(words):
        url = choose.ensure(console.make(options.plain).say, wanted(options)).broker.url
    raise typer.Exit(project.run_reference(url, words))


def register(app: typer.Typer) -> None:
    """Add the command to ./learn."""
    settings = {
        "allow_interspersed_args": False,
        "ignore_unknown_options": True,
        "help_option_names": [],
    }
    epilog = "Example: ./learn project submit photos --out thumbs --ops thumbnail:256 --wait"
    app.command(epilog=epilog, context_settings=settings)(project)
