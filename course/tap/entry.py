"""What the tap keeps of a frame: raw, and decoded into an Event only when somebody looks."""

from __future__ import annotations

import threading
from typing import Any

from pamqp import base

from course.tap import decode
from course.tap.event import Event

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
                event = self._decode()
                if not self.number:
                    return event
                self._event = event
                self.payload, self.header, self.body, self.decoded = b"", None, b"", None
            return self._event

    @property
    def weight(self) -> int:
        """About how many bytes of memory it takes."""
        return 600 + 4 * (len(self.payload) + len(self.header or b"")) + len(self.body)

    def _decode(self) -> Event:
        return Event(
            number=self.number,
            at=round(self.at, 6),
            connection=self.connection,
            channel=self.channel,
            sender=self.sender,
            method=self.method,
            **self._fields(),
        )

    def _fields(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        try:
            decoded = self.decoded or (decode.method(self.payload) if self.payload else None)
            if decoded is not None:
                found = decode.fields(self.method, decoded)
        except decode.UNDECODABLE as error:  # the broker, who gets it as it is, will say more
            found["reply_text"] = f"cannot be decoded: {error}"
        if self.header is not None:
            found["properties"] = decode.content(self.header)
            found["size"] = self.size
            found["preview"] = decode.preview(self.body, self.size)
        found.update(self.facts)
        return found
