"""Putting a published message together: a method frame, a header frame, body frames.

AMQP 0-9-1 section 4.2.6. Nothing else may come between them on the same channel.
"""

from __future__ import annotations

from collections.abc import Callable

from burrow.errors import AmqpError

_BASIC = b"\x00\x3c\x00\x00"  # class 60, weight 0


class Content:
    """What has arrived so far of one channel's next message.

    `method` is the publish whose header or body must come next, None when nothing must.
    `complete` is called with the payloads of the method and the header, and the body.
    """

    __slots__ = ("_body", "_complete", "_header", "_left", "_limit", "method")

    def __init__(self, limit: int, complete: Callable[[bytes, bytes, bytes], None]) -> None:
        self._limit = limit
        self._complete = complete
        self.method: bytes | None = None
        self._header = b""
        self._left = 0
        self._body: list[bytes] = []

    def on_header(self, payload: bytes) -> None:
        """A content header frame. Raises 505, and 406 for a body over the limit."""
        if self.method is None or self._header or len(payload) < 14 or payload[2:4] != _BASIC[2:]:
            raise self.unexpected()
        if not payload.startswith(_BASIC):
            other = int.from_bytes(payload[:2], "big")
            text = f"expected content header for class 60, got one for class {other} instead"
            raise AmqpError(505, text)
        size = int.from_bytes(payload[4:12], "big")
        if size > self._limit:
            self.method = None
            limit = f"larger than configured max size {self._limit}"
            raise AmqpError(406, f"message size {size} is {limit}")
        self._header = payload
        self._left = size
        if not size:
            self._finish(b"")

    def on_body(self, payload: bytes) -> None:
        """A content body frame. Raises 505, and 501 when the body is too long."""
        if self.method is None or not self._header:
            raise self.unexpected()
        self._left -= len(payload)
        if self._left < 0:
            raise AmqpError(501, "content body frame exceeds remaining content size")
        if self._left or self._body:
            self._body.append(payload)
        if not self._left:
            body, self._body = self._body, []
            self._finish(b"".join(body) if body else payload)

    def _finish(self, body: bytes) -> None:
        method, header = self.method, self._header
        self.method, self._header = None, b""
        self._complete(method or b"", header, body)

    def unexpected(self) -> AmqpError:
        """505: another frame than the one that must come next."""
        if self.method is None:
            wanted, got = "method frame", "non method frame"
        elif not self._header:
            wanted, got = "content header for class 60", "non content header frame"
        else:
            wanted, got = "content body", "non content body frame"
        return AmqpError(505, f"expected {wanted}, got {got} instead")
