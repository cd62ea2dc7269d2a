"""The commands and options of ./learn tap, and their help."""

from pathlib import Path
from typing import Annotated

import typer

from course.options import Options

app = typer.Typer(
    help="See what passes between scripts and the broker.",
    epilog="Example: ./learn tap run module_3/01_work_queues/worker.py",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Plain = Annotated[bool, typer.Option("--plain", help="No colour, ASCII only.")]
BrokerName = Annotated[
    str | None,
    typer.Option("--broker", metavar="NAME", help="Use this one now: see broker use."),
]


def _options(context: typer.Context, plain: bool, broker: str | None) -> Options:
    earlier = context.obj or Options()
    return Options(plain or earlier.plain, broker or earlier.broker)


@app.callback()
def tap(context: typer.Context, plain: Plain = False, broker: BrokerName = None) -> None:
    context.obj = _options(context, plain, broker)


@app.command(
    epilog="Example, two scripts: ./learn tap run worker.py -- new_task.py hello",
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

    options = _options(context, plain, broker)
    running.run(options, [script, *(arguments or [])], json, record)
