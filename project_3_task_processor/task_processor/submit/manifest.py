"""The list of a job's tasks on this machine: what `submit` sends, and `--resume` goes on with.

Reading every input once gives its content hash, and from all of them follows the job's id. So the
same request always has the same id, and a changed file makes another job.
"""

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

from task_processor.codec import JOB_DIGITS, MOST_TASKS, Task
from task_processor.errors import TaskError
from task_processor.images.limits import Limits
from task_processor.settings import NotYet, UsageError
from task_processor.storage import Input, Roots, fingerprint, target_for

CHUNK = 256
Line = tuple[str, str, str | None]  # source, target, content hash


@dataclass(frozen=True)
class Request:
    """What all tasks of a job have in common."""

    operations: str
    out: str


@dataclass(frozen=True)
class Manifest:
    """A job's tasks, in a file."""

    job: str
    total: int
    request: Request
    path: Path

    def tasks(self, wanted: Iterable[int]) -> Iterator[Task]:
        """The tasks with these numbers, which ascend."""
        numbers = iter(wanted)
        number = next(numbers, None)
        with self.path.open(encoding="ascii") as file:
            for at, line in enumerate(file, 1):
                if at == number:
                    source, target, content_hash = json.loads(line)
                    yield Task(self.job, at, source, target, self.request.operations, content_hash)
                    number = next(numbers, None)


def folder() -> Path:
    """Where manifests are kept: TASK_PROCESSOR_STATE, or a folder of this user's."""
    if named := os.environ.get("TASK_PROCESSOR_STATE"):
        return Path(named)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "task-processor"


def build(
    inputs: Iterable[Input],
    request: Request,
    limits: Limits,
    on_count: Callable[[int], None],
) -> Manifest:
    """Read all inputs once, and write the manifest. A file named twice is one task.

    An input that cannot be read stays in: its worker finds out why, and it is dead-lettered with
    the reason, as it would be if it had become unreadable a moment later.
    """
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    part = place / f"{secrets.token_hex(8)}.part"
    digest = hashlib.sha256(json.dumps(asdict(request)).encode("ascii"))
    total = 0
    try:
        with part.open("w", encoding="ascii", newline="\n") as file:
            for line in _lines(inputs, request, limits):
                text = json.dumps(line, separators=(",", ":"))
                digest.update(text.encode("ascii"))
                file.write(text + "\n")
                total += 1
                on_count(total)
        if total > MOST_TASKS:
            raise UsageError(f"{total} images are more than a job can have, {MOST_TASKS}")
        if not total:
            raise UsageError("no image was found")
        job = digest.hexdigest()[:JOB_DIGITS]
        meta = {"schema": 1, "job": job, "total": total, **asdict(request)}
        part.replace(place / f"{job}.tasks")
        head = place / f"{job}.json.part"
        head.write_text(json.dumps(meta), encoding="ascii")
        head.replace(place / f"{job}.json")
    finally:
        part.unlink(missing_ok=True)
    return Manifest(job, total, request, place / f"{job}.tasks")


def load(job: str) -> Manifest:
    """The manifest of a job submitted from this machine. Raises NotYet if there is none."""
    found = sorted(folder().glob(f"{job}*.json")) if job.isalnum() else []
    if len(found) != 1:
        raise NotYet(
            f"this machine has no list of job {job}. Run the same submit command again: "
            "what was accepted is not sent twice"
        )
    meta = json.loads(found[0].read_text(encoding="ascii"))
    request = Request(meta["operations"], meta["out"])
    return Manifest(meta["job"], meta["total"], request, found[0].with_suffix(".tasks"))


@lru_cache(maxsize=64)
def _reading(root: str) -> Roots:
    return Roots(read=(root,), write=())


def _root_of(location: str) -> str:
    """The whole file system, or the bucket: who submits may name whatever they can read."""
    if location.startswith("s3://"):
        return "/".join(location.split("/")[:3])
    return Path(location).anchor


def _lines(inputs: Iterable[Input], request: Request, limits: Limits) -> Iterator[Line]:
    def line(one: Input) -> Line:
        content_hash, format = None, None
        try:
            found = fingerprint(one.location, _reading(_root_of(one.location)), limits)
            content_hash, format = found.sha256, found.format
        except TaskError:
            pass
        target = target_for(
            one.location, one.relative, request.out, request.operations, content_hash, format
        )
        return one.location, target, content_hash

    seen: set[int] = set()
    rest = iter(inputs)
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
        while chunk := list(islice(rest, CHUNK)):
            new = [one for one in chunk if hash(one.location) not in seen]
            unique = {one.location: one for one in new}
            seen.update(map(hash, unique))
            yield from threads.map(line, unique.values())
