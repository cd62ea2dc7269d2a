"""See every frame between a client and the broker, and disturb it at an exact point."""

from course.tap.event import Event
from course.tap.limits import Limits
from course.tap.rules import (
    Blackhole,
    Cut,
    Delay,
    Duplicate,
    Hold,
    Rule,
    Swallow,
    Throttle,
)
from course.tap.tap import Connection, Tap

__all__ = [
    "Blackhole",
    "Connection",
    "Cut",
    "Delay",
    "Duplicate",
    "Event",
    "Hold",
    "Limits",
    "Rule",
    "Swallow",
    "Tap",
    "Throttle",
]
