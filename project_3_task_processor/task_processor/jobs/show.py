"""A job's state as text for a person and as JSON for a program."""

import time
from typing import Any

from task_processor.errors import REASONS
from task_processor.jobs.state import DEAD, WAITING, JobState


def word(state: JobState) -> str:
    """The job in one word."""
    if state.cancelled_at is not None:
        return "cancelled"
    counts = state.counts()
    if counts["done"] == state.job.total:
        return "done"
    return "finished" if state.finished else "running"


def rate(state: JobState) -> float:
    """Tasks per second between the first and the last outcome; 0 if that can't be said."""
    if state.first_at is None or state.last_at is None or state.last_at <= state.first_at:
        return 0.0
    return state.counts()["done"] / (state.last_at - state.first_at)


def as_json(state: JobState) -> dict[str, Any]:
    """What `status --json` prints; its names stay."""
    job = state.job
    return {
        "job": job.id,
        "state": word(state),
        "total": job.total,
        "counts": {name.replace(" ", "_"): count for name, count in state.counts().items()},
        "dead_by_reason": dict(state.by_reason(DEAD)),
        "waiting_by_reason": dict(state.by_reason(WAITING)),
        "operations": job.operations,
        "out": job.out,
        "priority": job.priority,
        "submitted_at": job.submitted_at,
        "submitted_by": job.by,
        "cancelled_at": state.cancelled_at,
        "rate": round(rate(state), 2),
        "workers": dict(state.workers),
    }


def as_line(state: JobState) -> str:
    """What `jobs` prints for each."""
    job, counts = state.job, state.counts()
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(job.submitted_at))
    dead = f", {counts['dead']} dead" if counts["dead"] else ""
    done = f"{counts['done']} of {job.total} done{dead}"
    return f"{job.id}  {when}  {word(state):<9}  {done}"


def as_text(state: JobState) -> list[str]:
    """What `status` prints."""
    job = state.job
    counts = state.counts()
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(job.submitted_at))
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    lines = [
        f"Job {job.id}: {word(state)}",
        f"  {counts['done']} of {job.total} done ({said})",
        f"  {job.operations} -> {job.out}",
        f"  submitted {when} from {job.by}, priority {job.priority}",
    ]
    if state.workers:
        workers = ", ".join(f"{name}: {count}" for name, count in state.workers.most_common(5))
        more = f" and {len(state.workers) - 5} more" if len(state.workers) > 5 else ""
        lines.append(f"  by worker: {workers}{more}; {rate(state):.1f} tasks/s")
    for reason, count in state.by_reason(WAITING).most_common():
        lines.append(f"  to be tried again: {count} x {reason}: {_meaning(reason)}")
    dead = state.by_reason(DEAD).most_common()
    for reason, count in dead:
        lines.append(f"  dead: {count} x {reason}: {_meaning(reason)}")
    if dead:
        lines.append(f"  See them: task-processor dead list --job {job.id}")
    if counts["not accepted"] and state.cancelled_at is None:
        lines.append(f"  Go on sending: task-processor submit --resume {job.id}")
    return lines


def _meaning(reason: str) -> str:
    return REASONS[reason].meaning if reason in REASONS else "unknown to this version"
