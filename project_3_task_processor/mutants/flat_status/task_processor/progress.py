"""`status` and `results`: a job's log, folded by task, so that what comes twice counts once."""

import json
from typing import Any

import pika
from task_processor import broker, dead


class Job:
    """What is known of a job, wherever one asks. `done` and `dead` are by a task's number."""

    def __init__(self, connection: pika.BlockingConnection, job: str) -> None:
        self.total = 0
        self.done: dict[int, dict[str, Any]] = {}
        for _, body in broker.read(connection, broker.log_of(job)):
            event = json.loads(body)
            if event["event"] == "submitted":
                self.total = event["total"]
            else:
                self.done[event["number"]] = event
        self.dead = {
            letter["number"]: letter
            for letter in dead.read(connection)
            if letter["job"] == job and letter["number"] not in self.done
        }

    @property
    def finished(self) -> set[int]:
        return {*self.done, *self.dead}


def status(job: str) -> dict[str, Any]:
    """What `status --json` prints."""
    with broker.connect() as connection:
        known = Job(connection, job)
    waiting = known.total - len(known.finished)
    counts = {"done": len(known.done), "dead": len(known.dead), "waiting": waiting}
    state = "running" if waiting else "finished" if known.dead else "done"
    return {"job": job, "state": state, "total": known.total, **counts}


def results(job: str) -> list[dict[str, Any]]:
    """What `results --json` prints: an entry for each task that has come to its end."""
    with broker.connect() as connection:
        known = Job(connection, job)
    done = [{"state": "done", **event} for event in known.done.values()]
    given_up = [{"state": "dead", **letter} for letter in known.dead.values()]
    return sorted(done + given_up, key=lambda entry: entry["number"])
