"""One of the two sockets of a connection: reading, writing, and an end that loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course.tap.link import Link

LINGER_SECONDS = 2.0  # for the other side to read what was sent before the end
SLOW_READER = "the reader is slow"


class Side(asyncio.Protocol):
    """The client's socket or the broker's, as `sender` says. What comes is handed to `link`."""

    def __init__(self, sender: str, link: Link) -> None:
        self.sender = sender
        self.link = link
        self.transport: Any = None
        self.lost = False
        self.ended = False  # what still comes is thrown away
        self._reasons: set[str] = set()  # not to read

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.set_write_buffer_limits(high=self.link.hub.limits.buffer)
        self.link.made(self)

    def data_received(self, data: bytes) -> None:
        if not self.ended:
            self.link.received(self, data)

    def pause_writing(self) -> None:
        self.link.other(self).hold_back(SLOW_READER)

    def resume_writing(self) -> None:
        self.link.other(self).go_on(SLOW_READER)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = self.ended = True
        self.link.lost(self, error)

    def write(self, data: bytes) -> None:
        """Send, unless it is over."""
        if not self.ended and self.transport is not None:
            self.transport.write(data)

    def hold_back(self, reason: str) -> None:
        """Stop reading, so that the sender has to wait."""
        if not self._reasons and self.transport is not None and not self.ended:
            self.transport.pause_reading()
        self._reasons.add(reason)

    def go_on(self, reason: str) -> None:
        """Read again, when there is no other reason not to."""
        if reason in self._reasons:
            self._reasons.remove(reason)
            if not self._reasons and self.transport is not None and not self.ended:
                self.transport.resume_reading()

    def end(self) -> None:
        """Send what is written, then end; what comes meanwhile is thrown away.

        To close while something is unread would take back what was sent: TCP answers with a reset.
        """
        if self.ended or self.transport is None:
            return
        self.ended = True
        if self._reasons:
            self.transport.resume_reading()
        with contextlib.suppress(OSError):
            if self.transport.can_write_eof():
                self.transport.write_eof()
                self.link.hub.loop.call_later(LINGER_SECONDS, self.transport.abort)
                return
        self.transport.close()
