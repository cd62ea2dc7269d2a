"""The command that starts a worker: its options, and nothing else."""

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from task_processor.cli import app, broker_of
from task_processor.settings import UsageError, WorkerSettings


@app.command(epilog="Example: task-processor worker --processes 4 --root /data")
def worker(
    context: typer.Context,
    processes: Annotated[
        int,
        typer.Option(min=0, max=256, envvar="TASK_PROCESSOR_PROCESSES", help="0: one per CPU."),
    ] = 0,
    prefetch: Annotated[
        int,
        typer.Option(
            min=0,
            max=2000,
            envvar="TASK_PROCESSOR_PREFETCH",
            help="Unacknowledged tasks at a time. 0: 16 per process.",
        ),
    ] = 0,
    task_timeout: Annotated[
        float,
        typer.Option(min=0.1, envvar="TASK_PROCESSOR_TASK_TIMEOUT", help="Seconds for one image."),
    ] = 300.0,
    drain: Annotated[
        float,
        typer.Option(
            min=0, envvar="TASK_PROCESSOR_DRAIN", help="Seconds for the rest after SIGTERM."
        ),
    ] = 30.0,
    root: Annotated[
        list[str] | None,
        typer.Option(help="May be read and written; again for more. Else: the current folder."),
    ] = None,
    read_root: Annotated[list[str] | None, typer.Option(help="May only be read.")] = None,
    max_pixels: Annotated[
        int, typer.Option(min=1, envvar="TASK_PROCESSOR_MAX_PIXELS", help="Of one image.")
    ] = 100_000_000,
    max_bytes: Annotated[
        int, typer.Option(min=1, envvar="TASK_PROCESSOR_MAX_BYTES", help="Of one file.")
    ] = 64 * 1024 * 1024,
    name: Annotated[str, typer.Option(envvar="TASK_PROCESSOR_NAME", help="In status.")] = "",
    metrics_port: Annotated[
        int, typer.Option(min=0, max=65535, envvar="TASK_PROCESSOR_METRICS_PORT")
    ] = 0,
    metrics_host: Annotated[
        str, typer.Option(envvar="TASK_PROCESSOR_METRICS_HOST", show_default=True)
    ] = "127.0.0.1",
) -> None:
    """Take tasks until Ctrl-C or SIGTERM; a second one leaves at once, and the tasks return."""
    from task_processor.storage import Roots
    from task_processor.worker.main import run

    separator = rf"{os.pathsep}(?!//)"  # not the colon of s3://
    named = re.split(separator, os.environ.get("TASK_PROCESSOR_ROOTS", ""))
    roots = [_absolute(one) for one in root or [*filter(None, named)] or ["."]]
    reads = [_absolute(one) for one in read_root or []]
    try:
        Roots(read=tuple(roots + reads), write=tuple(roots))
    except ValueError as error:
        raise UsageError(str(error)) from None
    settings = WorkerSettings(
        processes=processes or os.cpu_count() or 1,
        prefetch=prefetch,
        task_timeout=task_timeout,
        drain_seconds=drain,
        read_roots=tuple(roots + reads),
        write_roots=tuple(roots),
        limits={"pixels": max_pixels, "input_bytes": max_bytes},
        handler=os.environ.get("TASK_PROCESSOR_HANDLER", WorkerSettings.handler),
        name=name,
        metrics_port=metrics_port,
        metrics_host=metrics_host,
    )
    raise typer.Exit(run(broker_of(context), settings))


def _absolute(root: str) -> str:
    return root if "://" in root else str(Path(root).absolute())
