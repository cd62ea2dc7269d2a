"""The commands and options of ./learn tap, and their help."""

from pathlib import Path
from typing import Annotated

import typer

from course.options import BrokerName, Plain, together

app = typer.Typer(
    help="See what passes between scripts and the broker.",
    epilog="Example: ./learn tap run module_3/01_work_queues/worker.py",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.callback()
def tap(context: typer.Context, plain: Plain = False, broker: BrokerName = None) -> None:
    together(context, plain, broker)


@app.command(
    epilog="Example: ./learn tap run worker.py -- new_task.py hello",
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True},
)
def run(
    context: typer.Context,
    script: Annotated[str, typer.Argument(metavar="SCRIPT", help="A .py file.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ARGS] [-- SCRIPT [ARGS]]...", help="More scripts after --."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Each event as a line of JSON.")] = False,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="FILE", help="Keep the events there, too.")
    ] = None,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Run scripts, and draw every message between them and the broker."""
    from course.tap import run as running

    options = together(context, plain, broker)
    running.run(options, [script, *(arguments or [])], json, record)
