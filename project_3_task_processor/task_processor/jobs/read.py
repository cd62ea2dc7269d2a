"""Jobs and their states, read from the streams: from any machine, after any restart."""

import difflib
from collections.abc import Iterator

from task_processor.amqp import streams
from task_processor.amqp.connect import Session
from task_processor.jobs.events import job_of
from task_processor.jobs.state import JobState
from task_processor.settings import NotYet, UsageError


def all_jobs(session: Session) -> dict[str, JobState]:
    """Every job that was submitted, oldest first, without its progress."""
    found: dict[str, JobState] = {}
    for _, content in streams.read(session, session.names.jobs):
        job = job_of(content) if content.get("event") == "submitted" else None
        if job is not None:
            found.setdefault(job.id, JobState(job)).cancelled_at = None
        elif content.get("event") == "cancelled" and content.get("id") in found:
            found[content["id"]].cancelled_at = content.get("at")
    return found


def known(session: Session, job: str) -> JobState | None:
    """The job with its progress so far, or None if it was never submitted."""
    state = all_jobs(session).get(job)
    return None if state is None else _with_progress(session, state)


def _with_progress(session: Session, state: JobState) -> JobState:
    job = state.job
    for _, content in streams.read(session, session.names.progress, job.progress_from, job.id):
        state.apply(content)
    return state


def find(session: Session, job: str) -> JobState:
    """The job that an id, or its beginning, names; with its progress. Raises NotYet if none."""
    jobs = all_jobs(session)
    matching = [one for one in jobs if one.startswith(job)] if job else []
    if len(matching) > 1:
        raise UsageError(f"{job} could be {' or '.join(matching)}. Write more of it")
    if not matching:
        near = difflib.get_close_matches(job, jobs, 1)
        hint = f"Did you mean {near[0]}?" if near else "See them: task-processor jobs"
        raise NotYet(f"no job {job} was submitted here. {hint}")
    return _with_progress(session, jobs[matching[0]])


def with_progress(session: Session) -> list[JobState]:
    """All jobs with their progress, oldest first; one pass through the stream."""
    jobs = all_jobs(session)
    if jobs:
        start = min(state.job.progress_from for state in jobs.values())
        for _, content in streams.read(session, session.names.progress, start):
            state = jobs.get(str(content.get("job")))
            if state is not None:
                state.apply(content)
    return list(jobs.values())


def results(session: Session, state: JobState) -> Iterator[dict[str, object]]:
    """What is known of each task that is done or dead, each task once, in the order of the log.

    A task is skipped whose dead letter was followed by an output.
    """
    given = bytearray(state.job.total + 1)
    for _, content in streams.read(
        session, session.names.results, state.job.results_from, state.job.id
    ):
        for row in content.get("done", ()):
            number = row[0]
            if 0 < number <= state.job.total and not given[number]:
                given[number] = 1
                names = ("number", "target", "sha256", "bytes", "width", "height")
                yield {"state": "done", **dict(zip(names, row, strict=False))}
        for row in content.get("failed", ()):
            number, reason, message, attempts = row
            if (
                0 < number <= state.job.total
                and state.is_dead(number)
                and not given[number]
                and state.reasons.get(number) == reason
            ):
                given[number] = 1
                yield {
                    "state": "dead",
                    "number": number,
                    "reason": reason,
                    "message": message,
                    "attempts": attempts,
                }
