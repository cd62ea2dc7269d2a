"""Who a broker is, and why it does not answer."""

import shutil
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from course.brokers import Broker, probe
from course.errors import CouldNotCheck


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://me:secret@host:5672/%2F", "amqp://me:***@host:5672/%2F"),
        ("amqps://me:sec%40ret@host/", "amqps://me:***@host/"),
        ("amqp://me:sec@ret@host/", "amqp://me:***@host/"),
        ("amqp://host/", "amqp://host/"),
        ("amqp://me@host/", "amqp://me@host/"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    assert probe.redact(url) == shown


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("amqp://host", ("host", 5672)),
        ("amqps://host/", ("host", 5671)),
        ("amqp://a:b@[::1]:1234/%2F", ("::1", 1234)),
    ],
)
def test_the_port_has_a_default(url: str, address: tuple[str, int]) -> None:
    assert probe.address(url) == address


@pytest.mark.parametrize("url", ["", "host:5672", "http://host", "amqp://", "amqp://[x", "amqp:x"])
def test_what_is_no_amqp_url_is_told(url: str) -> None:
    with pytest.raises(CouldNotCheck, match="not an AMQP URL"):
        probe.address(url)


def test_listening_means_that_a_connection_is_accepted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"amqp://127.0.0.1:{server.getsockname()[1]}/"
        assert probe.is_listening(url)
    assert not probe.is_listening(url)


def test_a_free_port_is_the_wanted_one_if_nobody_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        other = probe.free_port(taken)
        assert other not in (0, taken)
    assert probe.free_port(other) == other


def test_the_broker_says_its_product_and_version(rabbitmq: Broker) -> None:
    info = probe.identify(rabbitmq.url)
    assert info.product == "RabbitMQ"
    assert info.version[0] >= 4
    assert len(info.version) == 3
    assert str(info).startswith("RabbitMQ 4.")


def refusal(url: str) -> str:
    """Why the broker could not be identified.

    Found out in another process: pika leaves sockets of failed attempts to the garbage collector.
    """
    attempt = (
        "import sys\nfrom course.brokers import probe\nfrom course.errors import CouldNotCheck\n"
        "try: probe.identify(sys.argv[1], timeout=0.5)\n"
        "except CouldNotCheck as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", attempt, url],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
    return done.stdout


def test_a_broker_that_accepts_and_is_silent_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        said = refusal(f"amqp://127.0.0.1:{server.getsockname()[1]}/")
    assert "no AMQP broker answers on 127.0.0.1" in said


def test_waiting_for_a_broker_ends_at_the_deadline() -> None:
    with pytest.raises(CouldNotCheck, match="port 1"):
        probe.wait_until_ready("amqp://127.0.0.1:1/", seconds=0.3)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_certificate_that_nobody_vouches_for_is_one_line(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",  # noqa: S607
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(connection, server_side=True).close()
                except OSError:
                    connection.close()

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        said = refusal(f"amqps://me:secret@127.0.0.1:{server.getsockname()[1]}/")
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    assert "secret" not in said
    assert "its certificate is not trusted (self" in said
