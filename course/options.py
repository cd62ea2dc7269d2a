"""The options that every command of ./learn takes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from course.brokers.state import Preference

Plain = Annotated[
    bool, typer.Option("--plain", help="No colour, no paging, no arrow keys, ASCII only.")
]
BrokerName = Annotated[
    str | None,
    typer.Option(
        "--broker", metavar="NAME", help="For now: auto, docker, native, embedded or url."
    ),
]


@dataclass(frozen=True)
class Options:
    """What was asked for, of these."""

    plain: bool = False
    broker: str | None = None


def together(context: typer.Context, plain: bool, broker: str | None) -> Options:
    """What was asked for before and after the command's name; kept for the commands below it."""
    earlier = context.obj or Options()
    options = Options(plain or earlier.plain, broker or earlier.broker)
    context.obj = options
    return options


def wanted(options: Options) -> "Preference | None":
    """The broker that --broker names; WrongUse if there is none of that name."""
    from course.brokers import choose

    return choose.parse(options.broker) if options.broker else None
