"""See every frame between a client and the broker, and disturb it at an exact point."""

from course.tap.event import Event
from course.tap.limits import Limits
from course.tap.tap import Connection, Tap

__all__ = ["Connection", "Event", "Limits", "Tap"]
