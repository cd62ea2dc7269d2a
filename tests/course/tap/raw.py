"""A client that sends exactly the bytes it is told to."""

import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from pamqp import base, commands, frame, header

PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"


class Raw:
    """A socket to the port of an AMQP URL, and frames on it."""

    def __init__(self, url: str, seconds: float = 10) -> None:
        self.url = urlsplit(url)
        self.socket = socket.create_connection((self.url.hostname, self.url.port), seconds)
        self._received = b""

    def send(self, channel: int, *methods: base.Frame | header.ContentHeader) -> None:
        self.socket.sendall(b"".join(frame.marshal(method, channel) for method in methods))

    def receive(self) -> tuple[int, object]:
        """The next frame's channel and content; EOFError at the end of the connection."""
        while True:
            if len(self._received) >= 7:
                size = int.from_bytes(self._received[3:7], "big") + 8
                if len(self._received) >= size:
                    data, self._received = self._received[:size], self._received[size:]
                    _, channel, decoded = frame.unmarshal(data)
                    return channel, decoded
            self._received += self.read()

    def read(self) -> bytes:
        """What has come. EOFError at the end."""
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            raise EOFError
        return data

    def expect(self, kind: type) -> object:
        """The next frame of that kind; others before it are dropped."""
        while True:
            _, decoded = self.receive()
            if isinstance(decoded, kind):
                return decoded

    def log_in(self) -> None:
        """The handshake, and channel 1."""
        password = f"\0{unquote(self.url.username)}\0{unquote(self.url.password)}"
        self.socket.sendall(PROTOCOL_HEADER)
        self.expect(commands.Connection.Start)
        self.send(0, commands.Connection.StartOk({}, "PLAIN", password, "en_US"))
        tune = self.expect(commands.Connection.Tune)
        self.send(
            0,
            commands.Connection.TuneOk(tune.channel_max, tune.frame_max, 0),
            commands.Connection.Open(unquote(self.url.path[1:])),
        )
        self.expect(commands.Connection.OpenOk)
        self.send(1, commands.Channel.Open())
        self.expect(commands.Channel.OpenOk)

    def publish(self, queue: str, body: bytes, **properties) -> None:
        """A message that is not longer than one frame, on channel 1."""
        parts = [
            frame.marshal(commands.Basic.Publish(exchange="", routing_key=queue), 1),
            frame.marshal(
                header.ContentHeader(0, len(body), commands.Basic.Properties(**properties)), 1
            ),
        ]
        if body:
            parts.append(b"\x03\x00\x01" + len(body).to_bytes(4, "big") + body + b"\xce")
        self.socket.sendall(b"".join(parts))


@contextlib.contextmanager
def raw(url: str, *, logged_in: bool = True) -> Iterator[Raw]:
    client = Raw(url)
    try:
        if logged_in:
            client.log_in()
        yield client
    finally:
        client.socket.close()
