"""What a connection's channels remember, so that a tag or an empty name can be understood."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from pamqp import base

Delivery = tuple[str | None, str | None]  # the queue it came from, and the message
_TAG = struct.Struct(">Q")
_QUEUE_METHODS = frozenset(
    f"queue.{name}" for name in ("bind", "unbind", "purge", "delete")
) | {"basic.consume", "basic.get"}  # fmt: skip


@dataclass(slots=True)
class Channel:
    """One channel of one connection. Each collection holds at most `limit` things."""

    limit: int
    own: set[str]  # the connection's exclusive queues, which are deleted with it
    consumers: dict[str, tuple[str, bool]] = field(default_factory=dict)  # tag: queue, auto-ack
    starting: deque[tuple[str, bool]] = field(default_factory=deque)  # consumes without answer
    declaring: deque[bool] = field(default_factory=deque)  # whether exclusively
    getting: deque[tuple[str, bool]] = field(default_factory=deque)
    unacked: dict[int, Delivery] = field(default_factory=dict)
    last_queue: str = ""  # which a method means that names no queue
    confirming: bool = False
    published: int = 0
    unconfirmed: dict[int, str | None] = field(default_factory=dict)

    def remember(self, kept: dict[Any, Any], key: object, value: object) -> None:
        kept[key] = value
        if len(kept) > self.limit:
            del kept[next(iter(kept))]

    def publish(self, message: str | None) -> None:
        """The broker numbers what is published on a channel in confirm mode, from 1."""
        if self.confirming:
            self.published += 1
            self.remember(self.unconfirmed, self.published, message)

    def unpublish(self) -> None:
        """The latest publish will not reach the broker after all."""
        if self.confirming:
            self.unconfirmed.pop(self.published, None)
            self.published -= 1

    def delivered(self, tag: int, consumer_tag: str, message: str | None) -> dict[str, Any]:
        """basic.deliver: its queue, and whether it must be acknowledged."""
        queue, auto_ack = self.consumers.get(consumer_tag, (None, False))
        if not auto_ack:
            self.remember(self.unacked, tag, (queue, message))
        return {"queue": queue, "auto_ack": auto_ack}

    def got(self, tag: int, message: str | None) -> dict[str, Any]:
        """basic.get-ok"""
        queue, auto_ack = self.getting.popleft() if self.getting else (None, False)
        if not auto_ack:
            self.remember(self.unacked, tag, (queue, message))
        return {"queue": queue, "auto_ack": auto_ack}

    def settle(self, tag: int, multiple: bool) -> dict[int, Delivery]:
        """A consumer's ack, nack or reject: the deliveries that it settles."""
        return _take(self.unacked, tag, multiple)

    def confirm(self, tag: int, multiple: bool) -> dict[int, str | None]:
        """A publisher confirm: the publishes that it settles."""
        return _take(self.unconfirmed, tag, multiple)

    def unsettle(self, settled: dict[int, Delivery]) -> None:
        """The settling will not reach the broker after all."""
        self.unacked = dict(sorted((settled | self.unacked).items()))

    def give_up(self) -> dict[int, Delivery]:
        """The channel ends: what goes back to its queue."""
        left, self.unacked = self.unacked, {}
        return left

    def client(self, name: str, method: base.Frame) -> dict[str, Any]:
        """Take note of a client's method; returns what it adds to the event."""
        facts: dict[str, Any] = {}
        queue = getattr(method, "queue", None)
        if name in _QUEUE_METHODS and not queue:
            queue = facts["queue"] = self.last_queue
        if name == "queue.declare":
            self.last_queue = queue or self.last_queue
            self._queue_up(self.declaring, bool(getattr(method, "exclusive", False)))
        elif name == "basic.consume":
            consumer = (queue or "", bool(getattr(method, "no_ack", False)))
            tag = getattr(method, "consumer_tag", "")
            if tag:
                self.remember(self.consumers, tag, consumer)
            if not getattr(method, "nowait", False):
                self._queue_up(self.starting, consumer)
        elif name == "basic.get":
            self._queue_up(self.getting, (queue or "", bool(getattr(method, "no_ack", False))))
        elif name == "basic.cancel" and getattr(method, "nowait", False):
            self.consumers.pop(getattr(method, "consumer_tag", ""), None)
        elif name == "confirm.select":
            self.confirming = True
        return facts

    def broker(self, name: str, method: base.Frame) -> dict[str, Any]:
        """Take note of a broker's method; returns what it adds to the event."""
        tag = str(getattr(method, "consumer_tag", ""))
        if name == "queue.declare-ok":
            self.last_queue = str(getattr(method, "queue", ""))
            if self.declaring and self.declaring.popleft() and len(self.own) < self.limit:
                self.own.add(self.last_queue)
        elif name == "basic.consume-ok" and self.starting:
            consumer = self.starting.popleft()
            self.remember(self.consumers, tag, consumer)
            return {"queue": consumer[0], "auto_ack": consumer[1]}
        elif name in ("basic.cancel", "basic.cancel-ok"):
            queue, _ = self.consumers.pop(tag, (None, False))
            return {"queue": queue}
        elif name == "basic.get-empty" and self.getting:
            return {"queue": self.getting.popleft()[0]}
        return {}

    def _queue_up(self, waiting: deque[Any], asked: object) -> None:
        waiting.append(asked)
        if len(waiting) > self.limit:
            waiting.popleft()


def _take(kept: dict[int, Any], tag: int, multiple: bool) -> dict[int, Any]:
    if not multiple:
        return {tag: kept.pop(tag)} if tag in kept else {}
    taken = []
    for known in kept:
        if known > tag > 0:  # 0 means all so far
            break
        taken.append(known)
    return {known: kept.pop(known) for known in taken}


def tag_of(payload: bytes, at: int) -> tuple[int, bool]:
    """A delivery tag and the bit that follows it. Raises IndexError."""
    if len(payload) < at + 9:
        raise IndexError("a delivery tag is cut short")
    (tag,) = _TAG.unpack_from(payload, at)
    return tag, bool(payload[at + 8] & 1)
