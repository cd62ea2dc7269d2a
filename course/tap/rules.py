"""Faults at exact points: which frame a rule waits for, and what it does to it.

`nth` counts the frames that fit, on all connections together; with None the rule acts on every one.
`where` sees the frame as an Event that has no number yet.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from course.tap.event import Event

if TYPE_CHECKING:
    from course.tap.link import Link
    from course.tap.tap import Tap


class Lock:
    """Holds a frame, and all that comes behind it on its channel, until it is open."""

    __slots__ = ("open",)

    def __init__(self) -> None:
        self.open = False


@dataclass(slots=True)
class Fate:
    """What the rules made of one frame, or of one message with its content."""

    copies: int = 1
    cut: Literal["", "before", "after"] = ""
    lost: bool = False  # it goes nowhere: the connection is a black hole from here on
    locks: list[Lock] = field(default_factory=list)
    acted: list[tuple[str, str]] = field(default_factory=list)  # (the event's `fault`, in words)

    @property
    def passes(self) -> bool:
        return self.copies > 0 and self.cut != "before" and not self.lost


@dataclass(eq=False, kw_only=True)
class Rule:
    """Waits for a frame. Patterns are globs: "worker*", "basic.*"."""

    kind: ClassVar[str]
    connection: str = "*"
    sender: Literal["client", "broker"] | None = None
    method: str = "*"
    nth: int | None = 1
    where: Callable[[Event], object] | None = None
    fired: int = field(default=0, init=False)  # how often it acted
    tap: Tap | None = field(default=None, init=False, repr=False)
    _fitted: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.nth is not None and self.nth < 1:
            raise ValueError("nth counts from 1")

    def remove(self) -> None:
        """From now on it does nothing; what it holds goes on."""
        if self.tap is not None:
            self.tap.remove(self)

    def concerns(self, connection: str, sender: str) -> bool:
        """Whether frames of that side can fit at all."""
        return self.sender in (None, sender) and fnmatch.fnmatchcase(connection, self.connection)

    def fits(self, method: str, event: Callable[[], Event]) -> bool:
        """Whether it is this frame's turn. Raises whatever `where` raises."""
        if self.nth is not None and self._fitted >= self.nth:
            return False
        if not fnmatch.fnmatchcase(method, self.method):
            return False
        if self.where is not None and not self.where(event()):
            return False
        self._fitted += 1
        return self.nth is None or self._fitted == self.nth

    def act(self, fate: Fate, link: Link, sender: str) -> bool:
        """Put the rule's part into the fate; False if there was nothing to do."""
        raise NotImplementedError

    def end(self, link: Link) -> None:
        """Undo what goes on beyond one frame, when the rule is removed."""


@dataclass(eq=False)
class Cut(Rule):
    """End the connection on both sides, before the frame has passed or after it was sent on."""

    kind = "cut"
    when: Literal["before", "after"] = "after"

    def act(self, fate: Fate, link: Link, sender: str) -> bool:
        fate.cut = self.when
        fate.acted.append((f"cut-{self.when}", f"cut {self.when}"))
        return True


@dataclass(eq=False)
class Swallow(Rule):
    """Do not send the frame on. The connection stays."""

    kind = "swallow"

    def act(self, fate: Fate, link: Link, sender: str) -> bool:
        fate.copies = 0
        fate.acted.append(("swallow", "swallowed"))
        return True


@dataclass(eq=False)
class Duplicate(Rule):
    """Send the frame on twice."""

    kind = "duplicate"

    def act(self, fate: Fate, link: Link, sender: str) -> bool:
        fate.copies = 2
        fate.acted.append(("duplicate", "sent on twice"))
        return True


@dataclass(eq=False)
class Delay(Rule):
    """Send the frame on later; what is behind it on its channel waits, too."""

    kind = "delay"
    seconds: float

    def act(self, fate: Fate, link: Link, sender: str) -> bool:
        lock = Lock()
        fate.locks.append(lock)
        fate.acted.append(("delay", f"delayed by {self.seconds:g} s"))
        link.hub.loop.call_later(self.seconds, link.passages[sender].gate.open, (lock,), "delay")
        return True


@dataclass(eq=False)
class Hold(Rule):
    """Keep the frame until `release()`; what is behind it on its channel waits, too."""

    kind = "hold"
    _locks: list[Lock] = field(default_factory=list, init=False, repr=False)

    def act(self, fate: Fate, link: Link, sender: str) -> bool:
        lock = Lock()
        self._locks.append(lock)
        fate.locks.append(lock)
        fate.acted.append(("hold", "held"))
        return True

    def release(self) -> None:
        """Let go what is held, in its order. The rule is over."""
        self.remove()

    def end(self, link: Link) -> None:
        for passage in link.passages.values():
            passage.gate.open(self._locks, "hold")


@dataclass(eq=False)
class Blackhole(Rule):
    """From this frame on nothing passes, in neither direction; the sockets stay open."""

    kind = "blackhole"

    def act(self, fate: Fate, link: Link, sender: str) -> bool:
        fate.lost = link.blackhole = True
        fate.acted.append(("blackhole", "nothing passes from here on"))
        return True


@dataclass(eq=False)
class Throttle(Rule):
    """From this frame on, send no faster. With no `sender` it is for both directions."""

    kind = "throttle"
    bytes_per_second: float

    def __post_init__(self) -> None:
        if self.bytes_per_second <= 0:
            raise ValueError("bytes_per_second is more than 0; for 0 there is Blackhole")

    def act(self, fate: Fate, link: Link, sender: str) -> bool:
        gates = [link.passages[side].gate for side in ("client", "broker")
                 if self.sender in (None, side)]  # fmt: skip
        if all(gate.throttle is self for gate in gates):
            return False
        for gate in gates:
            gate.throttle = self
        fate.acted.append(("throttle", f"at most {self.bytes_per_second:g} bytes/s from here on"))
        return True

    def end(self, link: Link) -> None:
        for passage in link.passages.values():
            if passage.gate.throttle is self:
                passage.gate.throttle = None


def decide(rules: tuple[Rule, ...], link: Link, sender: str, method: str,
           event: Callable[[], Event]) -> Fate:  # fmt: skip
    """Let the rules act on one frame, in the order in which they were added.

    What one of them keeps from passing, the following ones do not see.
    """
    fate = Fate()
    for rule in rules:
        try:
            fits = rule.fits(method, event)
        except Exception as error:  # whatever `where` does, the tap goes on
            fate.acted.append(("", f"a rule's `where` failed: {error!r}"))
            continue
        if fits and rule.act(fate, link, sender):
            rule.fired += 1
            if not fate.passes:
                break
    return fate
