"""One client's connection and the one to the broker behind it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pamqp import base

from course.tap.entry import Entry
from course.tap.frames import OVERHEAD, PROTOCOL_HEADER, not_amqp
from course.tap.passage import Passage
from course.tap.session import Channel
from course.tap.side import Side
from course.tap.stream import Undecodable

if TYPE_CHECKING:
    from course.tap.hub import Hub

_RETURNING = frozenset(("channel.close", "channel.close-ok", "basic.recover-ok"))


class Link:
    """A connection: its two sides, what they send, and what its channels remember."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.hub = hub
        self.name = name
        self.opened = hub.now()
        self.product = ""
        self.header_limit = hub.limits.frame
        self.client = Side("client", self)
        self.broker = Side("broker", self)
        self.passages = {
            "client": Passage(self, self.client, self.broker),
            "broker": Passage(self, self.broker, self.client),
        }
        self.channels: dict[int, Channel] = {}
        self.own_queues: set[str] = set()
        self.closed = False
        self.blackhole = False  # nothing passes any more; each side ends for itself
        self._start = b""
        self._told_end = False
        self._closing = ""  # who said connection.close first
        self._connecting: asyncio.Task[None] | None = None
        self._timer = hub.loop.call_later(hub.limits.handshake_seconds, self._too_slow)

    def other(self, side: Side) -> Side:
        return self.broker if side is self.client else self.client

    def channel(self, number: int) -> Channel:
        """What is known of a channel. Raises Undecodable if there are too many."""
        channel = self.channels.get(number)
        if channel is None:
            if len(self.channels) >= self.hub.limits.channels:
                raise Undecodable(f"more than {self.hub.limits.channels} channels")
            channel = Channel(self.hub.limits.unsettled, self.own_queues)
            self.channels[number] = channel
        return channel

    def made(self, side: Side) -> None:
        if self.closed:  # it ended while the broker was being called
            side.end()

    def received(self, side: Side, data: bytes) -> None:
        """Bytes from one side."""
        if side is self.client and len(self._start) < len(PROTOCOL_HEADER):
            data = self._greeting(data)
        if data and not self.closed:
            self.passages[side.sender].feed(data)

    def _greeting(self, data: bytes) -> bytes:
        """The protocol header must come first; only then is the broker called."""
        missing = len(PROTOCOL_HEADER) - len(self._start)
        self._start, rest = self._start + data[:missing], data[missing:]
        if not PROTOCOL_HEADER.startswith(self._start):
            if self._start[:4] == b"AMQP":  # as section 4.2.2 asks
                self.client.transport.write(PROTOCOL_HEADER)
            self.malformed("client", not_amqp(self._start + rest))
        elif len(self._start) == len(PROTOCOL_HEADER):
            self._timer.cancel()
            self.client.hold_back("the broker is being called")
            self._connecting = self.hub.loop.create_task(self._connect(rest))
        return b""

    async def _connect(self, rest: bytes) -> None:
        try:
            await self.hub.connect(self.broker)
        except (OSError, TimeoutError) as error:
            self.close("tap", f"the broker does not answer at {self.hub.address}: {error}")
            return
        if self.closed:
            return
        self.log("tap.connected")
        self.broker.write(PROTOCOL_HEADER)
        if rest:
            self.passages["client"].feed(rest)
        self.client.go_on("the broker is being called")

    def log(self, method: str, sender: str = "tap", channel: int = 0, **facts: Any) -> None:
        """Record what the tap itself did or concluded."""
        hub = self.hub
        hub.log.add(Entry(hub.now(), self.name, channel, sender, method, facts=facts))

    def record(self, entry: Entry) -> None:
        """Record what came, what the rules did with it, and what follows from it."""
        self.hub.log.add(entry)
        if entry.fate is not None:
            for fault, words in entry.fate.acted:
                self.log("tap.fault", channel=entry.channel, fault=fault or None,
                         reply_text=f"{entry.method} of the {entry.sender}: {words}")  # fmt: skip
        if entry.sender == "broker" and entry.method in _RETURNING:
            channel = self.channels.get(entry.channel)
            if channel is not None:
                self._requeued(entry.channel, channel, frozenset())
            if entry.method != "basic.recover-ok":
                self.channels.pop(entry.channel, None)

    def released(self, sender: str, channel: int, entry: Entry | None, kind: str) -> None:
        """What a rule held goes on."""
        what = entry.method if entry else "a frame"
        self.log("tap.fault", channel=channel, fault="release",
                 reply_text=f"{what} of the {sender}: goes on after the {kind}")  # fmt: skip

    def take_back(self, entry: Entry) -> None:
        """What a client sent does not reach the broker, so the broker's view does not change."""
        channel = self.channels.get(entry.channel)
        if entry.sender == "client" and channel is not None:
            if entry.undo:
                channel.unsettle(entry.undo)
            elif entry.method == "basic.publish":
                channel.unpublish()

    def told(self, sender: str, name: str, method: base.Frame | None) -> None:
        """A method of the connection itself."""
        if name == "connection.start-ok":
            properties = getattr(method, "client_properties", None) or {}
            self.product = str(properties.get("product", ""))
        elif name == "connection.close":
            self._closing = self._closing or sender
        elif name == "connection.tune-ok":
            largest = getattr(method, "frame_max", 0) or self.hub.limits.frame
            self.header_limit = min(largest, self.hub.limits.frame) - OVERHEAD

    def _requeued(self, number: int, channel: Channel, but: frozenset[str]) -> None:
        for tag, (queue, message) in channel.give_up().items():
            if queue not in but:
                self.log("tap.requeued", channel=number, queue=queue, delivery_tag=tag,
                         message=message, inferred=True)  # fmt: skip

    def malformed(self, sender: str, problem: str) -> None:
        """One side does not speak AMQP 0-9-1: this connection ends, and nothing else."""
        self.log("tap.malformed", reply_text=f"from the {sender}: {problem}")
        self.close("tap", "it cannot be understood")

    def lost(self, side: Side, error: Exception | None) -> None:
        """One socket has ended."""
        who = self._closing or side.sender
        how = "closed the connection" if self._closing else "hung up without closing"
        why = f"the {who} {how}" + (f": {error}" if error else "")
        if side is self.client and not self.closed and len(self._start) < len(PROTOCOL_HEADER):
            self.malformed("client", not_amqp(self._start))
        if self.blackhole and not self.closed and not self.other(side).lost:
            self.log("tap.closed", sender=who, reply_text=f"{why}; the other side cannot know")
            self._told_end = True
            if side is self.broker:
                self._conclude()
            return
        self.close(who, why)
        if self.client.lost and (self.broker.lost or self.broker.transport is None):
            self.hub.forget(self)

    def close(self, who: str, why: str) -> None:
        """End both sides after what is written, and draw the conclusions. Once."""
        if self.closed:
            return
        self.closed = True
        self._timer.cancel()
        if self._connecting is not None and self.broker.transport is None:
            self._connecting.cancel()
        if not self._told_end:
            self.log("tap.closed", sender=who, reply_text=why)
        for passage in self.passages.values():
            for _, entry in passage.gate.close():
                self.take_back(entry)
        self._conclude()
        self.client.end()
        self.broker.end()

    def _conclude(self) -> None:
        """The broker has lost the connection: what it does with what was not acknowledged."""
        but = frozenset(self.own_queues)
        for number, channel in self.channels.items():
            self._requeued(number, channel, but)
        self.channels.clear()

    def cut(self, why: str) -> None:
        """End it as a lost network does: neither side is told by AMQP."""
        self.log("tap.fault", reply_text=why, fault="cut")
        self.close("tap", why)

    def abort(self) -> None:
        """Leave no socket open."""
        for side in (self.client, self.broker):
            if side.transport is not None:
                side.transport.abort()

    def _too_slow(self) -> None:
        self.malformed("client", not_amqp(self._start))
