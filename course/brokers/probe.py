"""Ask a broker who it is, and wait until it answers."""

import contextlib
import logging
import re
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from course.errors import CouldNotCheck

DEFAULT_PORTS = {"amqp": 5672, "amqps": 5671}


@dataclass(frozen=True)
class ServerInfo:
    """Product and version from the broker's server properties (AMQP 0-9-1, connection.start)."""

    product: str
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.product} {'.'.join(map(str, self.version))}"


def redact(url: str) -> str:
    """The URL with its password hidden, fit for a screen or a log."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:***@{host}"))


def address(url: str) -> tuple[str, int]:
    """Host and port of an AMQP URL; CouldNotCheck if it is none."""
    try:
        parts = urlsplit(url)
        if parts.scheme in DEFAULT_PORTS and parts.hostname:
            return parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]
    except ValueError:
        pass
    raise CouldNotCheck(
        "the broker's URL is not an AMQP URL. It looks like amqp://user:password@host:5672/%2F, "
        "with amqps:// for TLS."
    )


def is_listening(url: str) -> bool:
    """Whether something accepts TCP connections there. Quick; says nothing about what it is."""
    with contextlib.suppress(OSError), socket.create_connection(address(url), timeout=2):
        return True
    return False


def identify(url: str, timeout: float = 5) -> ServerInfo:
    """Log in and read the server properties. `timeout` in seconds.

    Raises CouldNotCheck, with the cause in one line, if that fails.
    """
    import pika
    from pika.adapters.utils.connection_workflow import AMQPConnectorException

    host, port = address(url)
    where = redact(url)
    # pika logs each failed attempt; what matters of it is in our message.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    try:
        parameters = pika.URLParameters(url)
        parameters.socket_timeout = timeout
        parameters.stack_timeout = 2 * timeout
        parameters.blocked_connection_timeout = timeout
        connection = pika.BlockingConnection(parameters)
    except pika.exceptions.ProbableAuthenticationError:
        raise CouldNotCheck(f"{where} refused the user name or password.") from None
    except pika.exceptions.ProbableAccessDeniedError:
        raise CouldNotCheck(f"{where}: no such vhost, or no right to use it.") from None
    except (pika.exceptions.AMQPError, AMQPConnectorException, OSError) as error:
        why = _tls_problem(error)
        raise CouldNotCheck(f"no AMQP broker answers on {host}, port {port}{why}.") from None
    except (ValueError, TypeError) as error:
        raise CouldNotCheck(f"the broker's URL {where} is not valid: {error}.") from None
    try:
        properties = connection._impl.server_properties or {}  # pika has no public way to them
        return ServerInfo(_text(properties.get("product")), _numbers(properties.get("version")))
    finally:
        connection.close()


def _tls_problem(error: BaseException) -> str:
    """What went wrong with TLS, if that is why; pika wraps it in errors of its own."""
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return f": its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return f": TLS failed ({error.reason})"
    causes = (_tls_problem(cause) for cause in error.args if isinstance(cause, BaseException))
    return next(filter(None, causes), "")


def wait_until_ready(url: str, seconds: float) -> ServerInfo:
    """Poll until the broker answers; raises CouldNotCheck after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return identify(url)
        except CouldNotCheck:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def free_port(preferred: int) -> int:
    """`preferred` if nothing on this machine uses it, else a port that the system picks."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows shares ports without it
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:  # a port whose last connection is still in TIME_WAIT is free enough
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise CouldNotCheck("this machine has no free port to offer on 127.0.0.1.")


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value or "an AMQP broker")


def _numbers(value: object) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", _text(value))[:3])
