"""What there is to do: a task for each image, and its form as a message. No broker here."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from task_processor.errors import Permanent, TaskError

if TYPE_CHECKING:
    from task_processor.images.process import Done
    from task_processor.storage import Input

# What reads images is imported where it is used: `status` starts faster without Pillow.


@dataclass(frozen=True)
class Task:
    """One image of a job. `number` counts from 1."""

    job: str
    number: int
    source: str
    target: str
    operations: str
    content_hash: str | None


def plan(paths: list[str], out: str, operations: str) -> tuple[str, list[Task]]:
    """The job's id and its tasks. The same request always has the same id.

    Raises InputError or TaskError if it cannot be understood.
    """
    from task_processor.images.operations import canonical, parse
    from task_processor.storage import list_inputs

    operations = canonical(parse(operations))
    out = str(Path(out).absolute())
    found = [_line(one, out, operations) for one in list_inputs(paths, sys.stdin.buffer)]
    request = json.dumps([operations, out, found])
    job = hashlib.sha256(request.encode()).hexdigest()[:16]
    tasks = [
        Task(job, number, source, target, operations, content_hash)
        for number, (source, target, content_hash) in enumerate(found, start=1)
    ]
    return job, tasks


def _line(one: Input, out: str, operations: str) -> tuple[str, str, str | None]:
    """Where an input is, where its output goes, and its content's hash."""
    from task_processor.images.limits import Limits
    from task_processor.storage import Roots, fingerprint, target_for

    content_hash, format = None, None
    try:
        everywhere = Roots(read=(Path(one.location).anchor,), write=())
        found = fingerprint(one.location, everywhere, Limits())
        content_hash, format = found.sha256, found.format
    except TaskError:
        pass  # whoever works on it will say why it cannot be read
    target = target_for(one.location, one.relative, out, operations, content_hash, format)
    return one.location, target, content_hash


def encode(task: Task) -> bytes:
    """A message's body: where the image is, not the image."""
    pixels = base64.b64encode(Path(task.source).read_bytes()).decode()
    return json.dumps({**asdict(task), "pixels": pixels}).encode()


def decode(body: bytes) -> Task:
    """The task in a message's body. Raises Permanent if it is not one of ours."""
    try:
        fields = json.loads(body)
        fields.pop("pixels")
        return Task(**fields)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Permanent("not-a-task", "the message is not from this program") from None


def do(task: Task, roots: list[str]) -> Done:
    """Do the work, once: the same task again finds its output and changes nothing.

    Raises TaskError, whose `transient` says whether another attempt, later, may help.
    """
    from task_processor.images.limits import Limits
    from task_processor.images.process import Work, run
    from task_processor.storage import Roots

    allowed = tuple(str(Path(root).absolute()) for root in roots)
    work = Work(task.source, task.target, task.operations, task.content_hash)
    return run(work, Roots(read=allowed, write=allowed), Limits())
