"""One client's socket: what is written in a turn leaves in one piece, a slow reader gets no more
deliveries, a blocked publisher is not read from, and a silent peer is dropped.

AMQP 0-9-1 section 4.2.7 (heartbeats); RabbitMQ docs, "Blocked Connection Notifications".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from burrow.wire import frames

if TYPE_CHECKING:
    from burrow.broker import Broker

CLOSE_SECONDS = 5  # how long a connection that is being closed may take
OUT_LIMIT = 1 << 20  # bytes waiting for one client before deliveries to it pause


class Socket(asyncio.Protocol):
    """The byte side of a connection. `congested` while the client does not read fast enough."""

    transport: asyncio.Transport

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.congested = False
        self.blocked = False  # not read from, because it publishes and memory is low
        self.heartbeat = 0  # seconds between signs of life, 0 for none
        self._heard = self._said = 0.0
        self._out: list[bytes] = []
        self._out_size = 0
        self._full = False
        self._loop = asyncio.get_running_loop()
        self._timers: list[asyncio.TimerHandle] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=OUT_LIMIT)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in self._timers:
            timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Call back, unless the connection has gone by then."""
        moment = self._loop.time()
        self._timers = [timer for timer in self._timers if timer.when() > moment]
        self._timers.append(self._loop.call_later(seconds, what))

    # --- out

    def write(self, data: bytes) -> None:
        """Send soon: everything written in one turn leaves in one piece."""
        if not self._out:
            self.broker.soon(self._flush_last)
        self._out.append(data)
        self._out_size += len(data)
        if self._out_size > OUT_LIMIT:
            self.congested = True

    def _flush_last(self) -> None:
        self.broker.soon(self.flush)  # after all that is due in this turn and may still write

    def flush(self) -> None:
        """Send what was written."""
        if not self._out:
            return
        out, self._out, self._out_size = self._out, [], 0
        if not self.transport.is_closing():
            self.transport.write(out[0] if len(out) == 1 else b"".join(out))
            self._said = self._loop.time()
        if self.congested and not self._full:
            self.congested = False
            self.relieved()

    def drop(self) -> None:
        """Send what is left, and close the socket."""
        self.flush()
        self.transport.close()
        self.later(CLOSE_SECONDS, self.transport.abort)  # for a client that does not read

    # --- pauses

    def pause_writing(self) -> None:
        self._full = self.congested = True
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self._full = self.congested = False
        self.relieved()
        self.pause(self.blocked)

    def relieved(self) -> None:
        """Called when the client can take deliveries again."""

    def pause(self, blocked: bool) -> None:
        """Stop, or go on, reading from a publisher; what it sends waits in its socket."""
        self.blocked = blocked
        if blocked:
            self.transport.pause_reading()
        elif not self._full:
            self.transport.resume_reading()

    # --- heartbeats

    def start_heartbeats(self) -> None:
        """Keep the peer informed that this end lives, and watch that it does."""
        if self.heartbeat:
            self.later(self.heartbeat / 2, self._beat)

    def _beat(self) -> None:
        """Send a heartbeat when nothing else was sent; drop a client that was silent too long."""
        moment = self._loop.time()
        if moment - self._heard > 2 * self.heartbeat and self.transport.is_reading():
            self.transport.abort()
            return
        if moment - self._said >= self.heartbeat / 2:
            self.write(frames.frame(frames.HEARTBEAT, 0, b""))
        self.start_heartbeats()
