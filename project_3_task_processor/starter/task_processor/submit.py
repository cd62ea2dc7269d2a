"""`submit`: a message for each image; the job counts as submitted when the broker has them all."""

import sys

from task_processor import broker, tasks


def submit(paths: list[str], out: str, operations: str) -> int:
    """Print the job's id and return 0, or say how far it came and return 1."""
    job, planned = tasks.plan(paths, out, operations)
    with broker.connect():
        accepted = 0
        # TODO 1: publish tasks.encode(task) for each task that is planned.
        # Milestone 2: return 0 when the broker has confirmed them all, whatever happens meanwhile.
        # Milestone 4: let a job begin with an event that says how many tasks it has.
    print(f"{accepted} of {len(planned)} tasks accepted.", file=sys.stderr)
    if accepted < len(planned):
        return 1
    print(job)
    return 0
