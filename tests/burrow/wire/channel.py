"""One channel: calls that wait for their reply, and the list of everything the broker sent."""

from __future__ import annotations

import base64
import datetime
import decimal
from collections import deque
from typing import TYPE_CHECKING, Any

from pamqp import base, body, commands, frame, header

from .frames import Closed, Json, method, method_name

if TYPE_CHECKING:
    from .connection import Connection

C = commands
CONTENT = (C.Basic.Deliver, C.Basic.GetOk, C.Basic.Return)


def plain(value: Any) -> Json:
    """A field value as JSON; timestamps become the word `timestamp`, odd bytes base64."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime.datetime):
        return "timestamp"
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, bytes | bytearray):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            return "base64:" + base64.b64encode(value).decode()
    return value


class Channel:
    """`events` holds deliveries, returns, confirms and cancels in the order they came."""

    def __init__(self, connection: Connection, number: int) -> None:
        self.connection, self.number = connection, number
        self.replies: deque[base.Frame | Json] = deque()
        self.events: list[Json] = []
        self.closed: Closed | None = None
        self.published = 0
        self._content: tuple[base.Frame, header.ContentHeader | None, bytearray] | None = None

    def handle(self, got: frame.FrameTypes) -> None:
        """Take one frame of this channel."""
        if isinstance(got, header.ContentHeader) and self._content:
            self._content = (self._content[0], got, bytearray())
            self._finish()
        elif isinstance(got, body.ContentBody) and self._content:
            self._content[2].extend(got.value or b"")
            self._finish()
        elif isinstance(got, CONTENT):
            self._content = (got, None, bytearray())
        elif isinstance(got, C.Basic.Ack | C.Basic.Nack):
            word = "confirm" if isinstance(got, C.Basic.Ack) else "nacked"
            self.events.append({"event": word, "tag": got.delivery_tag, "multiple": got.multiple})
        elif isinstance(got, C.Basic.Cancel):
            self.events.append({"event": "cancel", "consumer": got.consumer_tag})
        elif isinstance(got, C.Channel.Close):
            blamed = method_name(got.class_id, got.method_id)
            self.closed = Closed("channel", got.reply_code or 0, got.reply_text, blamed)
            self.connection.send(C.Channel.CloseOk(), self.number)
            self.connection.channels.pop(self.number, None)
        elif isinstance(got, base.Frame):
            self.replies.append(got)

    def _finish(self) -> None:
        assert self._content
        got, head, data = self._content
        if head is None or len(data) < head.body_size:
            return
        self._content = None
        fields = {name: plain(value) for name, value in got}
        for gone in ("message_count",):
            fields.pop(gone, None)
        known = {key: plain(value) for key, value in head.properties if value not in (None, "")}
        made = {"event": got.name.split(".")[1].lower(), **fields,
                "body": plain(data), "properties": known}  # fmt: skip
        if isinstance(got, C.Basic.GetOk):
            made["left"] = got.message_count
            self.replies.append(made)
        else:
            self.events.append(made)

    def send(self, kind: type[base.Frame], **fields: Any) -> None:
        """Send a method and wait for nothing."""
        self.connection.send(method(kind, **fields), self.number)

    def call(self, kind: type[base.Frame], **fields: Any) -> Any:
        """Send a method and return its reply. Raises Closed, TimeoutError."""
        if self.closed:
            raise self.closed
        self.send(kind, **fields)
        if fields.get("nowait"):
            return None
        self.connection.wait_for(
            lambda: bool(self.replies or self.closed), f"no reply to {kind.name}")  # fmt: skip
        if self.closed:
            raise self.closed
        return self.replies.popleft()

    def declare(self, queue: str = "", **fields: Any) -> C.Queue.DeclareOk:
        """queue.declare; passive, durable, exclusive, auto_delete, arguments as given."""
        got: C.Queue.DeclareOk = self.call(C.Queue.Declare, queue=queue, **fields)
        return got

    def own_queue(self) -> str:
        """Declare an exclusive queue that the broker names; its name."""
        return str(self.declare("", exclusive=True).queue)

    def exchange(self, exchange: str, kind: str = "direct", **fields: Any) -> None:
        """exchange.declare."""
        self.call(C.Exchange.Declare, exchange=exchange, exchange_type=kind, **fields)

    def bind(self, queue: str, exchange: str, key: str = "", **fields: Any) -> None:
        """queue.bind."""
        self.call(C.Queue.Bind, queue=queue, exchange=exchange, routing_key=key, **fields)

    def publish(
        self, key: str, data: bytes | str = b"", *, exchange: str = "", mandatory: bool = False,
        immediate: bool = False, **properties: Any,
    ) -> None:  # fmt: skip
        """basic.publish with its header and body, split by the connection's frame_max."""
        raw = data.encode() if isinstance(data, str) else data
        self.published += 1
        self.send(C.Basic.Publish, exchange=exchange, routing_key=key, mandatory=mandatory,
                  immediate=immediate)  # fmt: skip
        known = C.Basic.Properties()
        for name, value in properties.items():
            setattr(known, name, value)
        self.connection.send(header.ContentHeader(0, len(raw), known), self.number)
        piece = self.connection.frame_max - 8
        for start in range(0, len(raw), piece):
            self.connection.send(body.ContentBody(raw[start : start + piece]), self.number)

    def confirmed(self, key: str, data: bytes | str = b"", **fields: Any) -> None:
        """Publish on a channel in confirm mode and wait until the broker answered all so far."""
        self.publish(key, data, **fields)
        self.wait(lambda: self.settled() >= self.published)

    def settled(self) -> int:
        """How many publishes of this channel the broker has acked or nacked."""
        done: set[int] = set()
        for event in self.events:
            if event["event"] in ("confirm", "nacked"):
                first = 1 if event["multiple"] else event["tag"]
                done.update(range(first, event["tag"] + 1))
        return len(done)

    def confirm_mode(self) -> None:
        """confirm.select; `confirmed` counts from here."""
        self.call(C.Confirm.Select)
        self.published = 0

    def get(self, queue: str, *, no_ack: bool = False) -> Json | None:
        """basic.get: the message, or None when the queue is empty."""
        got = self.call(C.Basic.Get, queue=queue, no_ack=no_ack)
        return None if isinstance(got, C.Basic.GetEmpty) else got

    def consume(self, queue: str, tag: str = "", **fields: Any) -> str:
        """basic.consume: the consumer tag."""
        got = self.call(C.Basic.Consume, queue=queue, consumer_tag=tag, **fields)
        return str(got.consumer_tag)

    def ack(self, tag: int, *, multiple: bool = False) -> None:
        """basic.ack."""
        self.send(C.Basic.Ack, delivery_tag=tag, multiple=multiple)

    def nack(self, tag: int, *, multiple: bool = False, requeue: bool = True) -> None:
        """basic.nack."""
        self.send(C.Basic.Nack, delivery_tag=tag, multiple=multiple, requeue=requeue)

    def reject(self, tag: int, *, requeue: bool) -> None:
        """basic.reject."""
        self.send(C.Basic.Reject, delivery_tag=tag, requeue=requeue)

    def close(self) -> None:
        """channel.close, waiting for close-ok."""
        self.call(C.Channel.Close, reply_code=200, reply_text="", class_id=0, method_id=0)
        self.connection.channels.pop(self.number, None)

    def wait(self, ready: Any, within: float = 10.0) -> None:
        """Read until `ready()`. Raises Closed when the channel or connection ended first."""
        self.connection.wait_for(lambda: bool(self.closed or ready()), "nothing came", within)
        if self.closed and not ready():
            raise self.closed

    def deliveries(self, count: int, within: float = 10.0) -> list[Json]:
        """The deliveries so far, at least `count` of them. Raises TimeoutError (s), Closed."""
        self.wait(lambda: len(self.delivered()) >= count, within)
        return self.delivered()

    def delivered(self) -> list[Json]:
        """The deliveries that have been read."""
        return [event for event in self.events if event["event"] == "deliver"]

    def fate(self, within: float = 10.0) -> Json:
        """Wait until the broker closes this channel or its connection; how it did."""
        try:
            self.connection.wait_for(lambda: self.closed is not None, "not closed", within)
        except Closed as closed:
            return closed.seen()
        assert self.closed
        return self.closed.seen()
