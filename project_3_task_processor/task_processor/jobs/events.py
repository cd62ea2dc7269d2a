"""The events of jobs, as they stand in the streams. JSON with a schema; readers skip others.

Stream `jobs` has one event for each job submitted or cancelled. Stream `progress` has task numbers
only, as ranges, a batch of tasks in each event, so that a job with a million tasks can be counted
from a few megabytes. Stream `results` has what a person wants to know of each task.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pika

SCHEMA = 1
FILTER = "x-stream-filter-value"
MOST_EVENT_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Job:
    """A job as it was submitted. `..._from` are the stream offsets before which it has nothing."""

    id: str
    total: int
    operations: str
    out: str
    priority: int
    submitted_at: float
    by: str
    progress_from: int
    results_from: int


@dataclass
class Progress:
    """What happened to some tasks of one job: lists of numbers, by reason where there is one."""

    accepted: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    retried: list[int] = field(default_factory=list)
    discarded: list[int] = field(default_factory=list)
    again: dict[str, list[int]] = field(default_factory=dict)
    dead: dict[str, list[int]] = field(default_factory=dict)


def event(kind: str, **fields: Any) -> bytes:
    """An event's body."""
    content = {"schema": SCHEMA, "event": kind, **fields}
    return json.dumps(content, separators=(",", ":")).encode("ascii")


def submitted(job: Job) -> bytes:
    return event("submitted", **asdict(job))


def cancelled(job: str, by: str) -> bytes:
    return event("cancelled", id=job, at=time.time(), by=by)


def parse(body: bytes) -> dict[str, Any] | None:
    """An event that we understand, or None."""
    if len(body) > MOST_EVENT_BYTES:
        return None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        return None
    return content


def job_of(content: Mapping[str, Any]) -> Job | None:
    """The job in a `submitted` event, or None if it is not one."""
    try:
        return Job(**{name: content[name] for name in Job.__dataclass_fields__})
    except KeyError:
        return None


def properties(job: str | None, key: str) -> pika.BasicProperties:
    """Of an event. From 3.13, brokers leave out other jobs' events by the header."""
    headers = {FILTER: job} if job else None
    return pika.BasicProperties(
        content_type="application/json", headers=headers, message_id=key, type="image-event"
    )
