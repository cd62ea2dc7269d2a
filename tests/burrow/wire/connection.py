"""One blocking AMQP connection: it hides no frame, checks no argument and invents nothing, so
that what a broker sends can be compared as it came."""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from pamqp import base, commands, encode, frame, header, heartbeat

from .channel import Channel
from .frames import Closed, Json, marshal, method, method_name

DEADLINE = 10.0
CAPABILITIES = {
    "publisher_confirms": True, "basic.nack": True, "consumer_cancel_notify": True,
    "connection.blocked": True, "exchange_exchange_bindings": True,
    "authentication_failure_close": True,
}  # fmt: skip


class Connection:
    """One socket; `channels` are read only while a caller waits, in the caller's thread."""

    def __init__(
        self, url: str, *, open_now: bool = True, vhost: str | None = None, heartbeat: int = 0,
        frame_max: int | None = None, channel_max: int | None = None,
        credentials: tuple[str, str] | None = None, mechanism: str = "PLAIN",
        capabilities: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        parts = urlsplit(url)
        self.address = (parts.hostname or "127.0.0.1", parts.port or 5672)
        self.socket = socket.create_connection(self.address, timeout=DEADLINE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.channels: dict[int, Channel] = {}
        self.control: deque[base.Frame] = deque()
        self.events: list[Json] = []
        self.closed: Closed | None = None
        self.server: dict[str, Any] = {}
        self.tune = commands.Connection.Tune()
        if not open_now:
            return
        user, password = credentials or (parts.username or "guest", parts.password or "guest")
        path = unquote(parts.path[1:]) or "/"
        self.start(
            user, password, mechanism, CAPABILITIES if capabilities is None else capabilities
        )
        self.send(method(
            commands.Connection.TuneOk, channel_max=channel_max or self.tune.channel_max,
            frame_max=frame_max or self.tune.frame_max, heartbeat=heartbeat))  # fmt: skip
        self.frame_max = frame_max or self.tune.frame_max or 131072
        self.call(method(commands.Connection.Open, virtual_host=path if vhost is None else vhost))

    def start(self, user: str, password: str, mechanism: str, capabilities: dict[str, Any]) -> None:
        """Speak the protocol header and log in, up to the broker's tune."""
        self.socket.sendall(header.ProtocolHeader().marshal())
        started = self.expect("Connection.Start")
        assert isinstance(started, commands.Connection.Start)
        self.server = dict(started.server_properties)
        secret = f"\0{user}\0{password}"
        if mechanism == "AMQPLAIN":
            table = encode.field_table({"LOGIN": user, "PASSWORD": password})
            secret = table[4:].decode("latin-1")
        self.send(method(
            commands.Connection.StartOk, client_properties={"capabilities": capabilities},
            mechanism=mechanism, response=secret, locale="en_US"))  # fmt: skip
        tune = self.expect("Connection.Tune")
        assert isinstance(tune, commands.Connection.Tune)
        self.tune = tune

    def send(self, made: frame.FrameTypes, channel: int = 0) -> None:
        """Write one frame; a socket that the broker closed is noticed at the next read."""
        self.write(marshal(made, channel))

    def write(self, data: bytes) -> None:
        """Write these bytes as they are."""
        try:
            self.socket.sendall(data)
        except OSError:
            self.pump(0)
            self.closed = self.closed or Closed("socket")

    def call(self, made: base.Frame) -> base.Frame:
        """Send a connection method and wait for its reply. Raises Closed, TimeoutError."""
        self.send(made)
        return self.expect(*made.valid_responses)

    def expect(self, *names: str) -> base.Frame:
        """The next frame of channel 0, which must have one of these names."""
        self.wait_for(lambda: bool(self.control), f"no {' or '.join(names)}")
        got = self.control.popleft()
        if got.name not in names:
            raise AssertionError(f"expected {names}, got {got.name}")
        return got

    def wait_for(self, ready: Callable[[], bool], else_say: str, within: float = DEADLINE) -> None:
        """Read until `ready()`; raises Closed when the connection ended, TimeoutError (s)."""
        deadline = time.monotonic() + within
        while not ready():
            if self.closed:
                raise self.closed
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{else_say} within {within} s")
            self.pump(left)

    def pump(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for bytes, handle all whole frames; True if any came."""
        if self.socket.fileno() < 0 or not select.select([self.socket], [], [], timeout)[0]:
            return False
        try:
            data = self.socket.recv(1 << 20)
        except OSError:
            data = b""
        if not data:
            self.closed = self.closed or Closed("socket")
            self.socket.close()
            return False
        self.buffer += data
        while len(self.buffer) >= 7:
            size = 8 + int.from_bytes(self.buffer[3:7], "big")
            if self.buffer[:4] == b"AMQP":
                self.closed = Closed("header", text=bytes(self.buffer[4:8]).hex())
                return True
            if len(self.buffer) < size:
                break
            raw = bytes(self.buffer[:size])
            del self.buffer[:size]
            self.handle(*frame.unmarshal(raw)[1:])
        return True

    def handle(self, number: int, got: frame.FrameTypes) -> None:
        """Route one frame to its channel, or act on channel 0."""
        if number:
            if number in self.channels:
                self.channels[number].handle(got)
        elif isinstance(got, heartbeat.Heartbeat):
            self.events.append("heartbeat")
        elif isinstance(got, commands.Connection.Close):
            blamed = method_name(got.class_id, got.method_id)
            self.closed = Closed("connection", got.reply_code or 0, got.reply_text, blamed)
            self.send(commands.Connection.CloseOk())
        elif isinstance(got, commands.Connection.Blocked | commands.Connection.Unblocked):
            self.events.append(got.name)
        elif isinstance(got, base.Frame):
            self.control.append(got)

    def channel(self, number: int | None = None) -> Channel:
        """Open a channel, the lowest free number unless one is given."""
        number = number or next(n for n in range(1, 65536) if n not in self.channels)
        made = self.channels[number] = Channel(self, number)
        made.call(commands.Channel.Open)
        return made

    def abort(self) -> None:
        """Drop the socket without a word, as a killed process would."""
        self.socket.close()

    def close(self) -> None:
        """Close in order when it is still open; never raises."""
        try:
            if not self.closed and self.socket.fileno() >= 0:
                self.call(method(commands.Connection.Close, reply_code=200, reply_text="bye",
                                 class_id=0, method_id=0))  # fmt: skip
        except (Closed, OSError, TimeoutError, AssertionError):
            pass
        self.socket.close()
