"""One client's connection and the one to the broker behind it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from pamqp import base

from course.tap.entry import Entry
from course.tap.frames import OVERHEAD, PROTOCOL_HEADER, not_amqp
from course.tap.session import Channel
from course.tap.stream import Stream, Undecodable

if TYPE_CHECKING:
    from course.tap.hub import Hub

LINGER_SECONDS = 2.0  # for the other side to read what was sent before the end


class Side(asyncio.Protocol):
    """One of the two sockets. What comes is handed to `link`."""

    def __init__(self, sender: str, link: Link) -> None:
        self.sender = sender
        self.link = link
        self.transport: Any = None
        self.ended = False  # nothing that still comes counts
        self._reasons: set[str] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.set_write_buffer_limits(high=self.link.hub.limits.buffer)
        self.link.made(self)

    def data_received(self, data: bytes) -> None:
        if not self.ended:
            self.link.received(self, data)

    def pause_writing(self) -> None:
        self.link.other(self).hold_back("the reader is slow")

    def resume_writing(self) -> None:
        self.link.other(self).go_on("the reader is slow")

    def hold_back(self, reason: str) -> None:
        """Stop reading, so that the sender has to wait."""
        if not self._reasons and self.transport is not None:
            self.transport.pause_reading()
        self._reasons.add(reason)

    def go_on(self, reason: str) -> None:
        """Read again, when no other reason is left."""
        if reason in self._reasons:
            self._reasons.remove(reason)
            if not self._reasons and self.transport is not None:
                self.transport.resume_reading()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self.link.lost(self, error)

    def end(self) -> None:
        """Send what is written, then end; what comes meanwhile is thrown away.

        To close while something is unread would take back what was sent: TCP answers with a reset.
        """
        if self.ended or self.transport is None:
            return
        self.ended = True
        if self._reasons:
            self._reasons.clear()
            self.transport.resume_reading()
        with contextlib.suppress(OSError):
            if self.transport.can_write_eof():
                self.transport.write_eof()
                self.link.hub.loop.call_later(LINGER_SECONDS, self.transport.abort)
                return
        self.transport.close()


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
        self.streams = {"client": Stream("client", self), "broker": Stream("broker", self)}
        self.channels: dict[int, Channel] = {}
        self.own_queues: set[str] = set()
        self.closed = False
        self._start = b""
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
            self._pass(side, data)

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
        self.log(Entry(self.hub.now(), self.name, 0, "tap", "tap.connected"))
        self.broker.transport.write(PROTOCOL_HEADER)
        if rest:
            self._pass(self.client, rest)
        self.client.go_on("the broker is being called")

    def _pass(self, side: Side, chunk: bytes) -> None:
        stream = self.streams[side.sender]
        data, spans = stream.frames.feed(chunk)
        out: list[bytes] = []
        start = 0
        try:
            for kind, channel, pos, end in spans:
                entry, changed = stream.understand(kind, channel, data, pos, end)
                if changed is not None:
                    out += (data[start:pos], changed)
                    start = end
                if entry is not None:
                    self.log(entry)
                    self._after(entry)
            problem = stream.frames.problem
        except Undecodable as error:
            problem, spans = str(error), spans[: spans.index((kind, channel, pos, end))]
        if spans:
            out.append(data[start : spans[-1][3]] if start or spans[-1][3] < len(data) else data)
            self.other(side).transport.write(out[0] if len(out) == 1 else b"".join(out))
        if problem:
            self.malformed(side.sender, problem)

    def log(self, entry: Entry) -> None:
        self.hub.log.add(entry)

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

    def _after(self, entry: Entry) -> None:
        """The end of a channel, as far as the broker is concerned, and what goes back with it."""
        if entry.method in ("channel.close", "channel.close-ok"):
            if entry.sender == "broker":
                channel = self.channels.pop(entry.channel, None)
                if channel is not None:
                    self._requeued(entry.channel, channel, frozenset())
        elif entry.method == "basic.recover-ok":
            self._requeued(entry.channel, self.channel(entry.channel), frozenset())

    def _requeued(self, number: int, channel: Channel, but: frozenset[str]) -> None:
        for tag, (queue, message) in channel.give_up().items():
            if queue not in but:
                facts = {"queue": queue, "delivery_tag": tag, "message": message, "inferred": True}
                self.log(Entry(self.hub.now(), self.name, number, "tap", "tap.requeued",
                               facts=facts))  # fmt: skip

    def malformed(self, sender: str, problem: str) -> None:
        """One side does not speak AMQP 0-9-1: this connection ends, and nothing else."""
        facts = {"reply_text": f"from the {sender}: {problem}"}
        self.log(Entry(self.hub.now(), self.name, 0, "tap", "tap.malformed", facts=facts))
        self.close("tap", "it cannot be understood")

    def lost(self, side: Side, error: Exception | None) -> None:
        """One socket has ended."""
        who = self._closing or side.sender
        how = "closed the connection" if self._closing else "hung up without connection.close"
        why = f"the {who} {how}" + (f": {error}" if error else "")
        if side is self.client and not self.closed and len(self._start) < len(PROTOCOL_HEADER):
            self.malformed("client", not_amqp(self._start))
        self.close(who, why)
        self.hub.forget(self)

    def close(self, who: str, why: str) -> None:
        """End both sides after what is written, and draw the conclusions. Once."""
        if self.closed:
            return
        self.closed = True
        self._timer.cancel()
        if self._connecting is not None and self.broker.transport is None:
            self._connecting.cancel()
        facts = {"reply_text": why}
        self.log(Entry(self.hub.now(), self.name, 0, who, "tap.closed", facts=facts))
        but = frozenset(self.own_queues)
        for number, channel in self.channels.items():
            self._requeued(number, channel, but)
        self.channels.clear()
        self.client.end()
        self.broker.end()

    def cut(self, why: str) -> None:
        """End it as a lost network does: neither side is told by AMQP."""
        facts = {"reply_text": why, "fault": "cut"}
        self.log(Entry(self.hub.now(), self.name, 0, "tap", "tap.fault", facts=facts))
        self.close("tap", why)

    def abort(self) -> None:
        """Leave no socket open."""
        for side in (self.client, self.broker):
            if side.transport is not None:
                side.transport.abort()

    def _too_slow(self) -> None:
        self.malformed("client", not_amqp(self._start))
