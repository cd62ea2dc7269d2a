"""`dead list`: the tasks that were given up, each with its reason. They stay where they are."""

from typing import Any

import pika
from task_processor import broker, tasks
from task_processor.errors import Permanent


def read(connection: pika.BlockingConnection) -> list[dict[str, Any]]:
    """The dead letters, each task once: a worker killed at the wrong moment sends it twice."""
    found: dict[object, dict[str, Any]] = {}
    for properties, body in broker.read(connection, broker.DEAD):
        headers = properties.headers or {}
        # Without a reason of ours the broker gave it up: it had been returned too often.
        letter = {
            "job": None,
            "number": 0,
            "reason": headers.get("reason", "process-died"),
            "message": headers.get("message", "its workers died of it, again and again"),
            "attempts": headers.get("attempts", 0),
            "body": body.decode("utf-8", "replace"),
        }
        try:
            task = tasks.decode(body)
        except Permanent:
            found[body] = letter
        else:
            letter |= {"job": task.job, "number": task.number, "source": task.source}
            found[task.job, task.number] = letter
    return list(found.values())


def letters() -> list[dict[str, Any]]:
    """What `dead list --json` prints."""
    with broker.connect() as connection:
        return read(connection)
