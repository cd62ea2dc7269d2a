"""Starting, stopping, limits, and what burrow refuses aloud."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

import burrow
from burrow.broker import Broker as Node
from burrow.broker import url as address
from tests.burrow.process import Broker


def _connect(url: str) -> tuple[pika.BlockingConnection, BlockingChannel]:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    return connection, connection.channel()


def _until(happened: Callable[[], bool], within: float = 5.0) -> None:
    deadline = time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)


def test_it_never_says_it_is_rabbitmq(capfd: pytest.CaptureFixture[str]) -> None:
    with burrow.running() as url:
        connection, _ = _connect(url)
        properties = connection._impl.server_properties
        assert properties["product"] == "burrow"
        assert "not RabbitMQ" in properties["information"]
        connection.close()
    assert "practice broker (not RabbitMQ)" in capfd.readouterr().err


def test_it_runs_in_the_event_loop_of_its_user() -> None:
    async def use() -> bool:
        async with burrow.serving() as url:
            port = pika.URLParameters(url).port
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return True

    assert asyncio.run(use())


def test_a_port_that_is_taken_is_an_os_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError):
        port = taken.getsockname()[1]
        with burrow.running(port=port):
            pass


def test_sigterm_closes_connections_and_ends_with_0() -> None:
    with Broker() as broker:
        connection, _ = _connect(broker.url)
        started = time.monotonic()
        assert broker.stop() == 0
        assert time.monotonic() - started < 2
        with pytest.raises(pika.exceptions.ConnectionClosedByBroker) as closed:
            connection.process_data_events(time_limit=2)
        assert closed.value.reply_code == 320


def test_other_addresses_need_a_flag() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "burrow", "--host", "0.0.0.0", "--port", "0"],  # noqa: S104
        cwd=Path(burrow.__file__).parents[1], capture_output=True, text=True, timeout=20,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--expose" in done.stderr


def test_publishers_are_blocked_above_the_memory_limit_and_go_on_below() -> None:
    async def use() -> list[str]:
        node = Node(memory_limit=2_000_000)
        await node.start()
        try:
            return await asyncio.to_thread(_fill_and_drain, address(node.port))
        finally:
            await node.stop()

    assert asyncio.run(use()) == ["blocked", "unblocked"]


def _fill_and_drain(url: str) -> list[str]:
    news: list[str] = []
    publisher, channel = _connect(url)
    reader, getter = _connect(url)
    publisher.add_on_connection_blocked_callback(lambda *_: news.append("blocked"))
    publisher.add_on_connection_unblocked_callback(lambda *_: news.append("unblocked"))
    channel.queue_declare("q", durable=True)
    for _ in range(30):
        channel.basic_publish("", "q", b"x" * 100_000)

    def news_of(count: int) -> Callable[[], bool]:
        def look() -> bool:
            publisher.process_data_events(time_limit=0.02)
            return len(news) >= count

        return look

    _until(news_of(1))
    getter.queue_purge("q")
    _until(news_of(2))
    publisher.close()
    reader.close()
    return news


def test_a_consumer_that_does_not_read_costs_no_memory_per_message() -> None:
    async def use() -> int:
        node = Node()
        await node.start()
        try:
            return await asyncio.to_thread(_ignore, address(node.port))
        finally:
            await node.stop()

    assert asyncio.run(use()) > 0


def _ignore(url: str) -> int:
    """Messages that stay in the queue, because their consumer's socket is full."""
    slow, lazy = _connect(url)
    lazy.queue_declare("q", durable=True)
    lazy.basic_consume("q", lambda *_: None, auto_ack=True)
    publisher, channel = _connect(url)
    channel.confirm_delivery()
    for _ in range(200):
        channel.basic_publish("", "q", b"x" * 100_000)
    left = int(channel.queue_declare("q", passive=True).method.message_count)
    publisher.close()
    slow.close()
    return left


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"x-queue-type": "stream"}, "streams"),
        ({"x-queue-type": "quorum", "x-consumer-timeout": 1000}, "consumer timeout"),
        (
            {
                "x-queue-type": "quorum", "x-dead-letter-exchange": "d",
                "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish",
            },
            "at-least-once",
        ),
    ],
)  # fmt: skip
def test_what_it_has_not_it_refuses_by_name(
    burrow_url: str, arguments: dict[str, object], what: str
) -> None:
    _, channel = _connect(burrow_url)
    with pytest.raises(pika.exceptions.ConnectionClosedByBroker) as refused:
        channel.queue_declare("refused", durable=True, arguments=arguments)
    assert refused.value.reply_code == 540
    assert what in refused.value.reply_text
    assert "RabbitMQ" in refused.value.reply_text


def test_vhosts_are_made_on_first_use_and_keep_apart(burrow_url: str) -> None:
    one, channel = _connect(burrow_url)
    parameters = pika.URLParameters(burrow_url)
    parameters.virtual_host = "another"
    other = pika.BlockingConnection(parameters)
    channel.queue_declare("apart", durable=True)
    with pytest.raises(pika.exceptions.ChannelClosedByBroker):
        other.channel().queue_declare("apart", passive=True)
    channel.queue_delete("apart")
    one.close()
    other.close()


def test_a_peer_that_stops_sending_heartbeats_is_dropped(burrow_url: str) -> None:
    parameters = pika.URLParameters(burrow_url)
    parameters.heartbeat = 1
    connection = pika.BlockingConnection(parameters)
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    watcher, other = _connect(burrow_url)

    def gone() -> bool:
        nonlocal other
        try:
            other.queue_declare(queue, passive=True)
        except pika.exceptions.ChannelClosedByBroker as closed:
            other = watcher.channel()
            return bool(closed.reply_code == 404)
        return False

    _until(gone, within=8)
    watcher.close()


@pytest.mark.parametrize(
    ("hello", "name"),
    [(b"GET / HTTP/1.1\r\n\r\n", "HTTP"), (b"\x16\x03\x01\x02\x00\x01", "TLS"),
     (b"AMQP\x03\x01\x00\x00", "AMQP 1.0"), (b"CONNECT\n\n\0", "STOMP")],
)  # fmt: skip
def test_other_protocols_are_named_on_the_terminal(
    capfd: pytest.CaptureFixture[str], hello: bytes, name: str
) -> None:
    with burrow.running() as url:
        port = pika.URLParameters(url).port
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(hello)
            assert client.recv(100) == b"AMQP\x00\x00\x09\x01"
            assert client.recv(100) == b""
    assert f"spoke {name}, not AMQP 0-9-1" in capfd.readouterr().err
