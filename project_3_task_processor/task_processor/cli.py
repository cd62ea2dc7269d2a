"""The command line: commands, options, exit codes; no logic.

Every option can be given by the environment as well, so that a container needs no arguments.
"""

import json
import sys
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from task_processor.settings import (
    DEFAULT_DELAYS,
    DEFAULT_URL,
    Broker,
    BrokerError,
    NotYet,
    UsageError,
    parse_delays,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Processes images on many machines through RabbitMQ, and loses none.",
)
dead_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(dead_app, name="dead", help="Tasks that were given up: look, retry, discard.")


@dataclass
class Common:
    """What stands before the command."""

    broker: Broker


@app.callback()
def common(
    context: typer.Context,
    url: Annotated[
        str, typer.Option(envvar=["TASK_PROCESSOR_URL", "RABBITMQ_URL"], show_default=False)
    ] = DEFAULT_URL,
    prefix: Annotated[
        str,
        typer.Option(envvar="TASK_PROCESSOR_PREFIX", help="How names on the broker begin."),
    ] = "images",
    retry_delays: Annotated[
        str,
        typer.Option(envvar="TASK_PROCESSOR_RETRY_DELAYS", help="Seconds between attempts."),
    ] = ",".join(map(str, DEFAULT_DELAYS)),
) -> None:
    if not prefix or len(prefix) > 50 or not prefix.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"{prefix!r} is no prefix. Write letters, digits, - and _")
    context.obj = Common(Broker(url, prefix, parse_delays(retry_delays)))


def broker_of(context: typer.Context) -> Broker:
    """The broker that the options before the command name."""
    found: Common = context.obj
    return found.broker


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(epilog="Example: task-processor submit photos --out thumbs --ops thumbnail:512 --wait")
def submit(
    context: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="Files, folders, globs, s3:// URLs, or - ."),
    ] = None,
    out: Annotated[str, typer.Option(help="Where outputs go: a folder or s3:// URL.")] = "",
    ops: Annotated[str, typer.Option(help="What to do, in order.")] = "thumbnail:512",
    priority: Annotated[int, typer.Option(min=0, max=31, help="31 comes first.")] = 4,
    wait: Annotated[bool, typer.Option("--wait", help="Show progress until all is done.")] = False,
    resume: Annotated[str, typer.Option(metavar="JOB", help="Go on with an earlier one.")] = "",
) -> None:
    """Hand images to the workers. Prints the job's id; the same job again does no work twice."""
    from task_processor.images.limits import Limits
    from task_processor.submit import main, manifest

    if bool(resume) == bool(paths) or (paths and not out):
        raise UsageError("write: submit PATH... --out FOLDER, or: submit --resume JOB")
    if resume:
        listed = manifest.load(resume)
    else:
        request = main.request_of(ops, out)
        listed = main.plan(paths or [], request, Limits(), sys.stderr.isatty())
    done = main.submit(broker_of(context), listed, priority)
    again = f", {done.already} were there before" if done.already else ""
    print(f"{done.accepted} of {done.total} tasks accepted{again}.", file=sys.stderr)
    if not done.workers:
        print("No worker is running yet: task-processor worker", file=sys.stderr)
    print(done.job, flush=True)
    if wait:
        from task_processor.jobs import show
        from task_processor.submit.wait import wait as follow

        state = follow(broker_of(context), done.job, sys.stderr.isatty())
        print("\n".join(show.as_text(state)))
        if state.counts()["done"] < state.job.total:
            raise NotYet("not every image has its output.")


@app.command()
def status(context: typer.Context, job: str, json_: Json = False) -> None:
    """Say how far a job is. JOB may be the beginning of its id."""
    from task_processor.amqp.connect import session
    from task_processor.jobs import read, show

    with session(broker_of(context), "status") as on:
        state = read.find(on, job)
    _print(show.as_json(state), json_) if json_ else print("\n".join(show.as_text(state)))


@app.command()
def jobs(context: typer.Context, json_: Json = False) -> None:
    """List all jobs, oldest first."""
    from task_processor.amqp.connect import session
    from task_processor.jobs import read, show

    with session(broker_of(context), "jobs") as on:
        states = read.with_progress(on)
    if json_:
        _print([show.as_json(state) for state in states], True)
        return
    if not states:
        print("No job was submitted yet: task-processor submit PATH... --out FOLDER")
    for state in states:
        print(show.as_line(state))


@app.command()
def results(
    context: typer.Context,
    job: str,
    failed: Annotated[bool, typer.Option("--failed", help="Only those without output.")] = False,
    json_: Json = False,
) -> None:
    """List a job's outputs with their hashes, and its failures with their reasons."""
    from task_processor.amqp.connect import session
    from task_processor.jobs import read

    with session(broker_of(context), "results") as on:
        for row in read.results(on, read.find(on, job)):
            if failed and row["state"] == "done":
                continue
            if json_:
                print(json.dumps(row))
            elif row["state"] == "done":
                size = f"{row['width']}x{row['height']}"
                print(f"{row['number']}\tdone\t{row['target']}\t{size}\t{row['sha256']}")
            else:
                print(f"{row['number']}\tdead\t{row['reason']}\t{row['message']}")


@app.command()
def cancel(context: typer.Context, job: str) -> None:
    """Stop a job: tasks that no process has begun are dropped. Submit it again to go on."""
    from task_processor.jobs.cancel import cancel as stop

    print(stop(broker_of(context), job))


def _print(value: Any, indented: bool) -> None:
    print(json.dumps(value, indent=2 if indented else None))


def run_command_line(arguments: list[str] | None = None) -> int:
    """Run one command line; its exit code. KeyboardInterrupt passes through."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        return int(app(args=words, prog_name="task-processor", standalone_mode=False) or 0)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.TyperException as error:
        return _say(error.format_message(), 2)
    except UsageError as error:
        return _say(str(error), 2)
    except NotYet as error:
        return _say(str(error), 1)
    except BrokerError as error:
        return _say(str(error), 3)


def _say(text: str, code: int) -> int:
    print(f"task-processor: {text}", file=sys.stderr)
    return code


from task_processor import cli_operations, cli_worker  # noqa: E402, F401  they add commands
