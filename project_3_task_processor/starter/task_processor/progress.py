"""`status` and `results`: how far a job is, for whoever asks, wherever and whenever."""

from typing import Any


def status(job: str) -> dict[str, Any]:
    """What `status --json` prints."""
    # TODO 4: what is known of the job, from something that outlives every process.
    counts = {"done": 0, "dead": 0}
    return {"job": job, "state": "running", "total": 0, "counts": counts}


def results(job: str) -> list[dict[str, Any]]:
    """What `results --json` prints: an entry for each task that has come to its end."""
    # TODO 5: state, number, target and sha256 of each.
    return []
