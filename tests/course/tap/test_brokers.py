"""The tap before each kind of broker: RabbitMQ in Docker and native, and one that wants TLS."""

import asyncio
import contextlib
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pika
import pytest

from course.brokers import Broker
from course.tap.rules import Cut
from course.tap.tap import Tap
from tests.course.tap.clients import Channel
from tests.course.tap.watching import told, wait


@pytest.fixture(params=["rabbitmq", "native_rabbitmq"])
def real(request: pytest.FixtureRequest) -> Iterator[str]:
    """A vhost of a real RabbitMQ."""
    with request.getfixturevalue(request.param).new_vhost() as url:
        yield url


def connected(tap: Tap, name: str) -> pika.BlockingConnection:
    return pika.BlockingConnection(pika.URLParameters(tap.url(name)))


def take(channel, queue: str, settle) -> list[tuple[bytes, bool, dict]]:
    """Two messages, as (body, redelivered, headers); `settle` is called with each tag."""
    got = []
    for method, properties, body in channel.consume(queue, inactivity_timeout=10):
        assert method is not None, f"nothing more in {queue}"
        got.append((body, method.redelivered, properties.headers or {}))
        settle(method.delivery_tag)
        if len(got) == 2:
            break
    channel.cancel()
    return got


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_a_message_keeps_its_identity_on_all_its_ways(real: str, kind: str) -> None:
    """Published, delivered, requeued by a lost connection, redelivered, rejected, dead-lettered."""
    headers = {"int": 1, "long": 2**40, "text": "x", "nested": {"list": [1, "two", None]}}
    with Tap(real) as tap, contextlib.ExitStack() as stack:
        setup = stack.enter_context(connected(tap, "setup")).channel()
        setup.queue_declare("dead", durable=True)
        setup.queue_declare("q", durable=True, arguments={
            "x-queue-type": kind, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead",
        })  # fmt: skip
        setup.confirm_delivery()
        setup.basic_publish("", "q", b"plain")
        setup.basic_publish("", "q", b"rich", pika.BasicProperties(headers=headers))
        tap.add(Cut(connection="worker", method="basic.deliver", nth=2))
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            first = connected(tap, "worker").channel()
            for _ in first.consume("q", inactivity_timeout=10):
                pass
        assert [event.delivery_tag for event in told(tap, "tap.requeued")] == [1, 2]
        second = stack.enter_context(connected(tap, "worker")).channel()
        got = take(second, "q", lambda tag: second.basic_reject(tag, requeue=False))
        assert [body for body, _, _ in got] == [b"plain", b"rich"]
        assert all(redelivered for _, redelivered, _ in got)
        # A quorum queue counts deliveries in headers of its own.
        own = [{k: v for k, v in h.items() if not k.startswith("x-")} for _, _, h in got]
        assert own == [{}, headers]
        dead = {body: headers for body, _, headers in take(second, "dead", second.basic_ack)}
        assert dead[b"rich"]["nested"] == headers["nested"]
        assert not any("x-tap-message" in headers for headers in dead.values())
        for body in ("plain", "rich"):
            ways = [event for event in tap.events() if event.preview == body]
            assert [event.method for event in ways] == ["basic.publish", *["basic.deliver"] * 3]
            assert len({event.message for event in ways}) == 1
            assert [event.queue for event in ways[1:]] == ["q", "q", "dead"]


def test_the_broker_restarts_and_the_tap_goes_on(rabbitmq: Broker) -> None:
    with rabbitmq.new_vhost() as url, Tap(url) as tap:
        connection = connected(tap, "worker")
        rabbitmq.restart()
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            connection.process_data_events(10)
        lost = wait(tap, "tap.closed")
        connected(tap, "worker").close()
        assert (lost.connection, lost.sender) == ("worker", "broker")
        assert wait(tap, "tap.closed", after=lost.number).connection == "worker#2"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate for localhost, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    key, made = tmp_path / "key.pem", tmp_path / "both.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", made],
        check=True, capture_output=True,
    )  # fmt: skip
    made.write_bytes(made.read_bytes() + key.read_bytes())
    return made


@pytest.fixture
def secure(upstream: str, certificate: Path) -> Iterator[str]:
    """The embedded broker behind TLS: its amqps URL."""
    parts = urlsplit(upstream)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    loop = asyncio.new_event_loop()

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        target.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    server = loop.run_until_complete(
        asyncio.start_server(forward, "127.0.0.1", 0, ssl=context, family=2)
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    port = server.sockets[0].getsockname()[1]
    options = quote(repr({"ca_certs": str(certificate)}))
    yield f"amqps://guest:guest@localhost:{port}{parts.path}?ssl_options={options}&heartbeat=30"

    async def close() -> None:
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(tasks, timeout=5) if tasks else None

    asyncio.run_coroutine_threadsafe(close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_the_tap_speaks_tls_to_the_broker_and_plain_amqp_to_the_client(secure: str) -> None:
    with Tap(secure) as tap:
        assert tap.url("pub").startswith("amqp://guest:guest@127.0.0.1:")
        assert tap.url("pub").endswith("?heartbeat=30")
        publisher = Channel(lambda name: connected(tap, name))
        publisher.publish("x" * 300_000)
        _, _, body = publisher.channel.basic_get("q", auto_ack=True)
        assert len(body) == 300_000
        publisher.connection.close()
        wait(tap, "tap.closed")
        publisher = Channel(lambda name: connected(tap, name))
        assert tap.cut("pub*") == 1
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            publisher.connection.process_data_events(10)


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: str) -> None:
    with Tap(secure.partition("?")[0]) as tap:
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            connected(tap, "pub")
        assert "CERTIFICATE_VERIFY_FAILED" in wait(tap, "tap.closed").reply_text
