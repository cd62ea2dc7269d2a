"""Chooses from what the tap saw."""

import glob
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from course.grading.processes import Process

if TYPE_CHECKING:
    from course.tap.event import Event

Who = Process | str
EVIDENCE = 12  # events shown with a finding that names none itself


def name_of(process: Who) -> str:
    return process if isinstance(process, str) else process.name


def is_of(connection: str, process: Who) -> bool:
    """Whether the connection, such as "worker#2", is one of the process's."""
    return connection.partition("#")[0] == name_of(process)


def globs(process: Who) -> tuple[str, str]:
    """The patterns that fit the connections of the process, for a rule or `cut`."""
    name = glob.escape(name_of(process))
    return name, f"{name}#*"


def choose(
    events: Iterable["Event"],
    *,
    method: str | Iterable[str] | None = None,
    process: Who | None = None,
    after: int = 0,
    message: str | None = None,
    **fields: Any,
) -> list["Event"]:
    """The events after number `after` that fit all that is given.

    `method` is one or several; `message` also fits what settles that message; `fields` are
    compared with the event's: sender, queue, exchange, routing_key, delivery_tag ...
    """
    methods = {method} if isinstance(method, str) else None if method is None else set(method)
    return [
        event
        for event in events
        if event.number > after
        and (methods is None or event.method in methods)
        and (process is None or is_of(event.connection, process))
        and (message is None or message in (event.message, *(event.messages or ())))
        and all(getattr(event, name) == value for name, value in fields.items())
    ]


def consumers(events: Iterable["Event"], process: Who, queue: str | None) -> int:
    """How many consumers the broker has confirmed to the process, and not seen cancelled."""
    asked: dict[tuple[str, int], list[str | None]] = {}
    tags: dict[tuple[str, int, str | None], str | None] = {}
    for event in events:
        if not is_of(event.connection, process):
            continue
        place = (event.connection, event.channel)
        if event.method == "basic.consume":
            asked.setdefault(place, []).append(event.queue)
        elif event.method == "basic.consume-ok":
            names = asked.get(place) or [None]
            tags[(*place, event.consumer_tag)] = event.queue or names.pop(0)
        elif event.method in ("basic.cancel", "basic.cancel-ok"):
            tags.pop((*place, event.consumer_tag), None)
        elif event.method == "tap.closed":
            tags = {key: name for key, name in tags.items() if key[0] != event.connection}
    return sum(queue is None or name == queue for name in tags.values())
