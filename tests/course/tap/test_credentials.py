"""Passwords are in no record, no event and no message of the tap."""

import contextlib
from pathlib import Path

import pika
import pytest
from pamqp import base, commands, frame

from course.brokers import Broker
from course.tap import decode
from course.tap.tap import Tap
from tests.course.tap.raw import PROTOCOL_HEADER, raw
from tests.course.tap.watching import wait

SECRET = "correct-horse-battery"


@pytest.mark.parametrize(
    "method",
    [
        commands.Connection.StartOk({}, "PLAIN", SECRET, "en_US"),
        commands.Connection.StartOk({}, SECRET, "", "en_US"),
        commands.Connection.Secure(SECRET),
        commands.Connection.SecureOk(SECRET),
        commands.Connection.UpdateSecret(SECRET, "new"),
    ],
)
def test_a_secret_is_dropped_as_soon_as_it_is_decoded(method: base.Frame) -> None:
    decoded = decode.method(frame.marshal(method, 0)[7:-1])
    assert SECRET not in repr([getattr(decoded, name) for name in decoded.__slots__])


def test_no_password_is_recorded_whether_it_is_right_or_wrong(
    embedded: Broker,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    record = tmp_path / "record.jsonl"
    upstream = embedded.url.replace("guest:guest@", f"guest:{SECRET}@")
    with Tap(upstream, record) as tap:
        assert SECRET in tap.url("wrong")
        with pytest.raises(pika.exceptions.AMQPError):
            pika.BlockingConnection(pika.URLParameters(tap.url("wrong")))
        with raw(tap.url("odd"), logged_in=False) as client:
            client.socket.sendall(PROTOCOL_HEADER)
            client.expect(commands.Connection.Start)
            client.send(0, commands.Connection.StartOk({}, SECRET, SECRET, "en_US"))
            client.send(0, commands.Connection.SecureOk(SECRET))
            client.send(0, commands.Connection.UpdateSecret(SECRET, "new"))
            with contextlib.suppress(EOFError):
                client.receive()
        with raw(tap.url("web"), logged_in=False) as client:
            client.socket.sendall(f"GET /?password={SECRET} HTTP/1.1\r\n\r\n".encode())
            wait(tap, "tap.malformed")
        with raw(tap.url("short"), logged_in=False) as client:
            client.socket.sendall(PROTOCOL_HEADER + f"\x01\x00\x00{SECRET}".encode())
            wait(tap, "tap.malformed", after=wait(tap, "tap.malformed").number)
        assert SECRET not in repr(tap.events())
        assert SECRET not in repr(tap.connections())
        held = [entry.payload for entry in tap._hub.log._entries]
        assert SECRET.encode() not in b"".join(held)
    assert SECRET.encode() not in record.read_bytes()
    assert SECRET not in caplog.text
