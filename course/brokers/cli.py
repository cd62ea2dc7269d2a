"""The commands and options of ./learn broker, and their help."""

from typing import Annotated

import typer

from course.options import BrokerName, Plain, together

app = typer.Typer(
    help="Find, start, stop or choose the broker that the lessons run on.",
    epilog="Example: ./learn broker use native",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@app.callback()
def broker_(context: typer.Context, plain: Plain = False, broker: BrokerName = None) -> None:
    options = together(context, plain, broker)
    if context.invoked_subcommand is None:
        from course.brokers import commands

        commands.status(options)


@app.command(epilog="Example: ./learn broker status")
def status(context: typer.Context, plain: Plain = False, broker: BrokerName = None) -> None:
    """Say which broker is running, and why that one."""
    from course.brokers import commands

    commands.status(together(context, plain, broker))


@app.command(epilog="Example: ./learn broker up --broker docker")
def up(context: typer.Context, plain: Plain = False, broker: BrokerName = None) -> None:
    """Start a broker, unless one is running. It goes on until `down`."""
    from course.brokers import commands

    commands.up(together(context, plain, broker))


@app.command(epilog="Example: ./learn broker down")
def down(context: typer.Context, plain: Plain = False, broker: BrokerName = None) -> None:
    """Stop the brokers that the course started, and no other. Durable data stays."""
    from course.brokers import commands

    commands.down(together(context, plain, broker))


@app.command(epilog="Example: ./learn broker restart")
def restart(context: typer.Context, plain: Plain = False, broker: BrokerName = None) -> None:
    """Restart the broker, as a lesson asks for. Every connection is closed."""
    from course.brokers import commands

    commands.restart(together(context, plain, broker))


@app.command(epilog="Example: ./learn broker reset --yes")
def reset(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Stop the brokers that the course started, and delete all their data."""
    from course.brokers import commands

    commands.reset(together(context, plain, broker), yes)


@app.command(epilog="Example: ./learn broker logs")
def logs(context: typer.Context, plain: Plain = False, broker: BrokerName = None) -> None:
    """Show the last lines that the broker logged."""
    from course.brokers import commands

    commands.logs(together(context, plain, broker))


@app.command(epilog="Example: ./learn broker use url amqps://me:secret@host:5671/%2F")
def use(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="auto, docker, native, embedded or url.")
    ],
    url: Annotated[str | None, typer.Argument(metavar="[URL]", help="Only after url.")] = None,
    plain: Plain = False,
    broker: BrokerName = None,
) -> None:
    """Choose the broker for all commands from now on."""
    from course.brokers import commands

    commands.use(together(context, plain, broker), name, url)
