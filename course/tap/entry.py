"""What the tap keeps of a frame: raw, and decoded into an Event only when somebody looks."""

from __future__ import annotations

import threading
from typing import Any

from pamqp import base

from course.tap import decode
from course.tap.event import Event, to_json

_decoding = threading.Lock()  # the loop writes the record while others look


class Entry:
    """An Event to be. `facts` are the fields that follow from what came before on the channel."""

    __slots__ = (
        "_event",
        "at",
        "body",
        "channel",
        "connection",
        "decoded",
        "facts",
        "fate",
        "header",
        "method",
        "number",
        "payload",
        "sender",
        "size",
        "undo",
        "weight",
    )  # fmt: skip

    def __init__(
        self,
        at: float,
        connection: str,
        channel: int,
        sender: str,
        method: str,
        payload: bytes = b"",
        decoded: base.Frame | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        self.number = 0  # given by the log
        self.at = at
        self.connection = connection
        self.channel = channel
        self.sender = sender
        self.method = method
        self.payload = payload  # of the method frame, where it is not decoded yet
        self.decoded = decoded
        self.facts: dict[str, Any] = {} if facts is None else facts
        self.header: bytes | None = None  # as the publisher sent it
        self.body = b""  # its beginning
        self.size = 0
        self.fate: Any = None  # what the rules made of it, where there were rules
        self.undo: dict[int, Any] | None = None  # deliveries that stay open if it is not passed on
        self._event: Event | None = None

    def event(self) -> Event:
        """The event; made once it has its number, and then kept."""
        with _decoding:
            if self._event is None:
                event = Event(**self._values())
                if not self.number:
                    return event
                self._event = event
                self.payload, self.header, self.body, self.decoded = b"", None, b"", None
            return self._event

    def line(self) -> str:
        """The event as a line of JSON, without the cost of making it."""
        with _decoding:
            if self._event is None:
                return to_json(self._values())
        return self._event.to_json()

    def weigh(self) -> int:
        """About how many bytes of memory it takes."""
        self.weight = 600 + 4 * (len(self.payload) + len(self.header or b"")) + len(self.body)
        return self.weight

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {
            "number": self.number,
            "at": round(self.at, 6),
            "connection": self.connection,
            "channel": self.channel,
            "sender": self.sender,
            "method": self.method,
        }
        try:
            if self.payload:
                decoded = decode.method(self.payload)
                values.update(decode.fields(self.method, decoded) if decoded else ())
            elif self.decoded is not None:
                values.update(decode.fields(self.method, self.decoded))
        except decode.UNDECODABLE as error:  # the broker, who gets it as it is, will say more
            values["reply_text"] = f"cannot be decoded: {error}"
        if self.header is not None:
            values["properties"] = decode.content(self.header)
            values["size"] = self.size
            values["preview"] = decode.preview(self.body, self.size)
        values.update(self.facts)
        return values
