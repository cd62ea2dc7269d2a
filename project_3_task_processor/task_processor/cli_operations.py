"""The commands of whoever runs the system: dead letters, topology, purge, doctor, monitor."""

import json
import sys
from typing import Annotated

import typer

from task_processor.cli import Json, app, broker_of, dead_app
from task_processor.settings import NotYet, UsageError

JobOption = Annotated[str, typer.Option(metavar="JOB", help="Of one job.")]
ReasonOption = Annotated[str, typer.Option(metavar="REASON", help="Of one reason.")]


@dead_app.command("list")
def dead_list(
    context: typer.Context, job: JobOption = "", reason: ReasonOption = "", json_: Json = False
) -> None:
    """Count the dead letters by reason, and name them."""
    from task_processor.amqp.connect import session
    from task_processor.dead import letters
    from task_processor.dead.show import as_lines

    with session(broker_of(context), "dead list") as on:
        found = list(letters.letters(on, letters.matching("", job, reason)))
    if json_:
        for letter in found:
            print(json.dumps(letter.as_json()))
    else:
        print("\n".join(as_lines(found)))


@dead_app.command("show")
def dead_show(context: typer.Context, key: str) -> None:
    """Show one dead letter: its message, error, attempts. KEY is JOB/NUMBER, as listed."""
    from task_processor.amqp.connect import session
    from task_processor.dead import letters

    with session(broker_of(context), "dead show") as on:
        for letter in letters.letters(on, letters.matching(key, "", "")):
            print(json.dumps(letter.as_json(), indent=2))
            return
    raise NotYet(f"no dead letter is called {key}. See them: task-processor dead list")


@dead_app.command("retry")
def dead_retry(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="[KEY]", help="One, as JOB/NUMBER.")] = "",
    job: JobOption = "",
    reason: ReasonOption = "",
    all_: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
) -> None:
    """Give dead letters to the workers again: one, those of a job, of a reason, or all."""
    from task_processor.amqp.connect import session
    from task_processor.dead import letters

    _need_choice(key, job, reason, all_)
    with session(broker_of(context), "dead retry") as on:
        count = letters.retry(on, letters.matching(key, job, reason))
    _need_some(count)
    print(f"{count} tasks are with the workers again.")


@dead_app.command("discard")
def dead_discard(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="[KEY]", help="One, as JOB/NUMBER.")] = "",
    job: JobOption = "",
    reason: ReasonOption = "",
    all_: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take dead letters out for good. Asks first."""
    from task_processor.amqp.connect import session
    from task_processor.dead import letters

    _need_choice(key, job, reason, all_)
    wanted = letters.matching(key, job, reason)
    with session(broker_of(context), "dead discard") as on:
        count = sum(1 for _ in letters.letters(on, wanted))
        _need_some(count)
        confirm(f"Discard {count} dead letters for good?", yes)
        print(f"{letters.discard(on, wanted)} dead letters are gone.")


@app.command()
def topology(context: typer.Context) -> None:
    """Declare the exchanges, queues and streams, and print them."""
    from task_processor.amqp.connect import session
    from task_processor.amqp.topology import queues

    broker = broker_of(context)
    with session(broker, "topology") as on:
        print(f"exchange {on.names.exchange} (direct, durable): each queue by its own name")
        print(f"exchange {on.names.workers} (fanout, durable): how the workers are")
        for queue in queues(on.names, broker.delays, on.features):
            print(f"{queue.name}: {queue.purpose}")
            for name, value in queue.arguments.items():
                print(f"    {name}: {value}")
        for note in on.features.notes():
            print(f"note: {note}")


@app.command()
def purge(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--everything", help="Delete all queues and the log of all jobs.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete all tasks that wait, also those to be tried again, and the dead ones. Asks first."""
    from task_processor.amqp import purge as purging

    broker = broker_of(context)
    counts = purging.count(broker)
    what = ", ".join(f"{count} in {queue}" for queue, count in counts.items() if count)
    history = " and the history of all jobs" if everything else ""
    confirm(f"Delete these messages ({what or 'none'}){history}?", yes)
    print(purging.purge(broker, everything))


@app.command()
def doctor(context: typer.Context) -> None:
    """Look at everything that this program needs here, and say what is missing."""
    from task_processor.doctor import examine

    findings = list(examine(broker_of(context)))
    for finding in findings:
        print(f"{'ok' if finding.ok else '!!'}  {finding.what}")
        if finding.fix:
            print(f"      {finding.fix}")
    if not all(finding.ok for finding in findings):
        raise NotYet("something is missing. See the lines that begin with !!")


@app.command()
def monitor(
    context: typer.Context,
    metrics_port: Annotated[
        int, typer.Option(min=0, max=65535, envvar="TASK_PROCESSOR_METRICS_PORT")
    ] = 0,
    metrics_host: Annotated[str, typer.Option(envvar="TASK_PROCESSOR_METRICS_HOST")] = "127.0.0.1",
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.")] = 2.0,
    count: Annotated[int, typer.Option(min=0, help="How many looks; 0: until Ctrl-C.")] = 0,
) -> None:
    """Watch queues, rates, workers and errors; a line for each look when piped."""
    from task_processor.monitor.main import run

    run(broker_of(context), every, count, metrics_host, metrics_port, sys.stdout.isatty())


def _need_choice(key: str, job: str, reason: str, all_: bool) -> None:
    if not (key or job or reason or all_):
        raise UsageError("say which: a KEY, --job JOB, --reason REASON, or --all")


def _need_some(count: int) -> None:
    if not count:
        raise NotYet("no dead letter matches. See them: task-processor dead list")


def confirm(question: str, yes: bool) -> None:
    """Ask, unless told not to. Raises UsageError where nobody can answer, NotYet for a no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} To confirm here: --yes")
    if input(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise NotYet("nothing was deleted.")
