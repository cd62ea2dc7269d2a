"""What is no AMQP 0-9-1 ends its own connection with a clear event, and disturbs nobody."""

import struct

import pytest
from pamqp import commands, frame

from course.tap.limits import Limits
from course.tap.tap import Tap
from tests.course.tap.clients import Channel
from tests.course.tap.raw import PROTOCOL_HEADER, Raw, raw
from tests.course.tap.watching import told, wait


def method(payload: bytes, channel: int = 1) -> bytes:
    return struct.pack(">BHI", 1, channel, len(payload)) + payload + b"\xce"


PUBLISH = frame.marshal(commands.Basic.Publish(routing_key="q"), 1)
HEADER = b"\x02\x00\x01\x00\x00\x00\x0e\x00\x3c\x00\x00" + bytes(7) + b"\x05\x00\x00\xce"
AT_THE_DOOR = {
    "an HTTP request": (b"GET / HTTP/1.1\r\nAuthorization: Basic c2VjcmV0\r\n\r\n", "HTTP"),
    "a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(50), "TLS"),
    "AMQP 1.0": (b"AMQP\x00\x01\x00\x00", "1.0"),
    "AMQP 1.0 with SASL": (b"AMQP\x03\x01\x00\x00", "1.0"),
    "AMQP 0-8": (b"AMQP\x01\x01\x08\x00", "AMQP, but"),
    "MQTT": (b"\x10\x1a\x00\x04MQTT\x04\x02\x00\x3c" + bytes(20), "MQTT"),
    "text": (b"hello, is anybody there?\r\n", "not AMQP's protocol header"),
    "zeros": (bytes(100), "not AMQP's protocol header"),
    "half a protocol header": (PROTOCOL_HEADER[:5], "in the middle"),
    "nothing": (b"", "nothing came"),
}
INSIDE = {
    "a wrong frame type": (b"\x09\x00\x00\x00\x00\x00\x00\xce", "no frame type 9"),
    "a wrong end": (b"\x08\x00\x00\x00\x00\x00\x00\x00", "does not end"),
    "a frame of 4 GB": (b"\x03\x00\x01\xff\xff\xff\xff" + bytes(20), "at most"),
    "an unknown method": (method(b"\x00\x3c\x03\xe7"), "no method has the number 00 3c 03 e7"),
    "an empty method": (method(b""), "no method"),
    "a method cut short": (method(b"\x00\x3c\x00\x50\x00\x00"), "cannot be decoded"),
    "a publish cut short": (method(b"\x00\x3c\x00\x28\x00\x00\x09abc"), "cannot be decoded"),
    "a table that lies": (method(b"\x00\x32\x00\x0a\x00\x00\x01q\x00\xff\xff\xff\xff"), "decoded"),
    "a header out of place": (HEADER, "header where none belongs"),
    "a body out of place": (b"\x03\x00\x01\x00\x00\x00\x01x\xce", "body where none belongs"),
    "a method inside a message": (PUBLISH + PUBLISH, "middle of a message"),
    "a header that is too short": (PUBLISH + b"\x02\x00\x01\x00\x00\x00\x02\x00\x3c\xce", "cut"),
    "a body that is too long": (
        PUBLISH + HEADER + b"\x03\x00\x01\x00\x00\x00\x09too long!\xce",
        "body where none belongs",
    ),
    "another protocol header": (PROTOCOL_HEADER, "no frame begins with 41"),
}


@pytest.fixture
def bystander(publisher: Channel) -> Channel:
    """A connection that must not notice anything."""
    return publisher


def ended(client: Raw) -> bool:
    try:
        while True:
            client.read()
    except EOFError:
        return True


@pytest.mark.parametrize("name", AT_THE_DOOR)
def test_a_stranger_is_turned_away(name: str, tap: Tap, bystander: Channel) -> None:
    sent, clue = AT_THE_DOOR[name]
    with raw(tap.url("stranger"), logged_in=False) as client:
        client.socket.sendall(sent)
        if len(sent) < 8:
            client.socket.shutdown(1)
        assert ended(client)
    event = wait(tap, "tap.malformed")
    assert (event.connection, clue in event.reply_text) == ("stranger", True), event.reply_text
    wait(tap, "tap.closed")
    assert told(tap, "tap.connected") == [told(tap, "tap.connected")[0]]  # the broker heard nothing
    bystander.channel.queue_declare("q", passive=True)


@pytest.mark.parametrize("name", INSIDE)
def test_a_client_that_breaks_the_protocol_is_cut_off(
    name: str, tap: Tap, bystander: Channel
) -> None:
    sent, clue = INSIDE[name]
    with raw(tap.url("broken")) as client:
        client.socket.sendall(sent)
        assert ended(client)
    event = wait(tap, "tap.malformed")
    assert event.connection == "broken"
    assert clue in event.reply_text
    assert [event.connection for event in told(tap, "tap.closed")] == ["broken"]
    bystander.channel.queue_declare("q", passive=True)


def test_a_client_that_says_nothing_is_not_kept_for_ever(upstream: str) -> None:
    with Tap(upstream, limits=Limits(handshake_seconds=0.2)) as tap:
        with raw(tap.url("silent"), logged_in=False) as client:
            assert ended(client)
        assert "nothing came" in wait(tap, "tap.malformed").reply_text


def test_there_is_a_limit_to_the_connections(upstream: str) -> None:
    with Tap(upstream, limits=Limits(connections=2)) as tap:
        url = tap.url("many")
        with raw(url), raw(url):
            with raw(url, logged_in=False) as third:
                assert ended(third)
            assert "more than 2 connections" in wait(tap, "tap.closed").reply_text
            assert len(tap.connections()) == 2
        tap.wait_for(lambda _: not tap.connections(), 5)
        with raw(url):
            assert [open_.name for open_ in tap.connections()] == ["many#4"]


def test_there_is_a_limit_to_the_channels(upstream: str) -> None:
    with Tap(upstream, limits=Limits(channels=2)) as tap, raw(tap.url("many")) as client:
        client.send(2, commands.Channel.Open())
        client.send(3, commands.Channel.Open())
        assert ended(client)
        assert "more than 2 channels" in wait(tap, "tap.malformed").reply_text


def test_a_broker_that_is_none_ends_the_connection(tap: Tap) -> None:
    import socket
    import threading

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(100)
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                peer.recv(100)

        thread = threading.Thread(target=answer)
        thread.start()
        with Tap(f"amqp://127.0.0.1:{port}") as wrong:
            with raw(wrong.url("client"), logged_in=False) as client:
                client.socket.sendall(PROTOCOL_HEADER)
                assert ended(client)
            assert "from the broker" in wait(wrong, "tap.malformed").reply_text
        thread.join()


def test_a_broker_that_does_not_answer_ends_the_connection_and_not_the_tap() -> None:
    with Tap("amqp://guest:secret@127.0.0.1:1/%2F") as tap:
        for _ in range(2):
            with raw(tap.url("client"), logged_in=False) as client:
                client.socket.sendall(PROTOCOL_HEADER)
                assert ended(client)
        closed = told(tap, "tap.closed")
        assert [event.connection for event in closed] == ["client", "client#2"]
        assert "does not answer at 127.0.0.1:1" in closed[0].reply_text
