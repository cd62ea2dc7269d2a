"""`submit`: from paths to a job that the broker holds, once."""

import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from task_processor.amqp import connect, streams
from task_processor.amqp.connect import Session
from task_processor.errors import InputError, TaskError
from task_processor.images.limits import Limits
from task_processor.images.operations import canonical, parse
from task_processor.jobs import events, read
from task_processor.jobs.events import Job
from task_processor.jobs.state import JobState
from task_processor.settings import Broker, BrokerError, NotYet, UsageError
from task_processor.storage import list_inputs
from task_processor.submit import manifest
from task_processor.submit.manifest import Manifest, Request
from task_processor.submit.publish import Sender

DEFAULT_PRIORITY = 4  # RabbitMQ's own for a quorum queue


@dataclass(frozen=True)
class Submitted:
    """What became of a request."""

    job: str
    total: int
    accepted: int
    already: int
    workers: int


def request_of(operations: str, out: str) -> Request:
    """The request in its one spelling. Raises UsageError."""
    try:
        text = canonical(parse(operations))
    except TaskError as error:
        raise UsageError(error.message) from None
    if not out.startswith("s3://"):
        if "://" in out:
            raise UsageError(f"{out}: outputs go to a folder or to s3://bucket/prefix")
        out = str(Path(out).absolute())
    return Request(text, out)


def plan(paths: list[str], request: Request, limits: Limits, progress: bool) -> Manifest:
    """Read all inputs once, and make the list of tasks. Raises UsageError."""
    told = time.monotonic()

    def on_count(count: int) -> None:
        nonlocal told
        if progress and time.monotonic() - told > 0.2:
            told = time.monotonic()
            print(f"\r{count} images read", end="", file=sys.stderr, flush=True)

    exclude = None if request.out.startswith("s3://") else request.out
    try:
        inputs = list_inputs(paths, sys.stdin.buffer, exclude=exclude)
        found = manifest.build(inputs, request, limits, on_count)
    except InputError as error:
        raise UsageError(str(error)) from None
    if progress:
        print("\r" + " " * 40 + "\r", end="", file=sys.stderr, flush=True)
    return found


def submit(broker: Broker, listed: Manifest, priority: int) -> Submitted:
    """Make the broker hold every task of the job that it doesn't hold yet.

    Raises NotYet if interrupted, with how many were accepted; BrokerError if it stays away.
    """
    with connect.session(broker, "submit") as session:
        state = read.known(session, listed.job)
        if state is None or state.cancelled_at is not None:
            _announce(session, listed, priority)
        before = state or JobState(_job(listed, priority, 0, 0))
        workers = session.count(session.names.tasks)[1]
    numbers = before.to_send()
    already = listed.total - len(numbers)
    again = before.counts()["dropped"] > 0
    sending = Sender(broker, listed.job, listed.tasks, numbers, priority, again).send()
    if sending.left:
        accepted = already + sending.accepted
        text = (
            f"{accepted} of {listed.total} tasks of job {listed.job} were accepted. "
            f"Go on: task-processor submit --resume {listed.job}"
        )
        if sending.interrupted:
            raise NotYet(f"interrupted. {text}")
        raise BrokerError(f"{sending.problem}. {text}")
    return Submitted(listed.job, listed.total, sending.accepted, already, workers)


def _job(listed: Manifest, priority: int, progress_from: int, results_from: int) -> Job:
    return Job(
        id=listed.job,
        total=listed.total,
        operations=listed.request.operations,
        out=listed.request.out,
        priority=priority,
        submitted_at=round(time.time(), 3),
        by=socket.gethostname(),
        progress_from=progress_from,
        results_from=results_from,
    )


def _announce(session: Session, listed: Manifest, priority: int) -> None:
    """The job's own event, before its first task."""
    names = session.names
    job = _job(
        listed,
        priority,
        streams.end(session, names.progress),
        streams.end(session, names.results),
    )
    channel = session.connection.channel()
    channel.confirm_delivery()
    channel.basic_publish(
        exchange=names.exchange,
        routing_key=names.jobs,
        body=events.submitted(job),
        properties=events.properties(None, job.id),
        mandatory=True,
    )
    channel.close()
