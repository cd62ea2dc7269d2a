"""What the tests of the tap ask of it again and again."""

from course.tap.event import Event
from course.tap.tap import Tap


def told(tap: Tap, method: str, sender: str | None = None, after: int = 0) -> list[Event]:
    """The events of a method so far, and of one sender if given."""
    return [
        event
        for event in tap.events()
        if event.method == method and sender in (None, event.sender) and event.number > after
    ]


def wait(tap: Tap, method: str, sender: str | None = None, after: int = 0) -> Event:
    """The first such event; fails if none comes in time."""
    event = tap.wait_for(
        lambda event: event.method == method and sender in (None, event.sender), 10, after
    )
    assert event is not None, f"no {method} by {sender or 'anybody'}"
    return event


def story(tap: Tap, *methods: str, connection: str | None = None) -> list[str]:
    """Those methods, in the order in which they were recorded, with their sender."""
    return [
        f"{event.sender} {event.method}"
        for event in tap.events()
        if event.method in methods and connection in (None, event.connection)
    ]
