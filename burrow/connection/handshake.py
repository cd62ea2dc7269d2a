"""The first words of a connection: versions, login, limits, virtual host.

AMQP 0-9-1 section 2.2.4. RabbitMQ answers most mistakes here by closing the socket; burrow does
so too, and says why on its terminal.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from pamqp import base, commands, common, decode

from burrow.errors import AmqpError, Hangup
from burrow.wire import frames

if TYPE_CHECKING:
    from burrow.connection.connection import Connection

CAPABILITIES = (
    "publisher_confirms", "exchange_exchange_bindings", "basic.nack", "consumer_cancel_notify",
    "connection.blocked", "consumer_priorities", "authentication_failure_close",
    "per_consumer_qos", "direct_reply_to",
)  # fmt: skip
MECHANISMS = ("PLAIN", "AMQPLAIN")
OTHERS = {  # first bytes of protocols that RabbitMQ speaks
    b"AMQP\x00\x01\x00\x00": "AMQP 1.0", b"AMQP\x03": "AMQP 1.0", b"\x16\x03": "TLS",
    b"\x10": "MQTT", b"CONNECT": "STOMP", b"STOMP": "STOMP", b"GET ": "HTTP", b"PUT ": "HTTP",
}  # fmt: skip
SECONDS = 10  # for the whole handshake
CHANNEL_MAX = 2047
HEARTBEAT = 60  # seconds, offered to the client


def on_header(connection: Connection, data: bytes) -> int:
    """Answer the protocol header with connection.start, or with the version spoken here.

    The number of bytes used, 0 when there are too few to tell.
    """
    broker = connection.broker
    if not frames.PROTOCOL_HEADER.startswith(data[:8]):
        connection.transport.write(frames.PROTOCOL_HEADER)
        connection.drop()
        name = next((name for start, name in OTHERS.items() if data.startswith(start)), "something")
        broker.say(f"a client spoke {name}, not AMQP 0-9-1; start RabbitMQ for it")
        return len(data)
    if len(data) < 8:
        return 0
    connection.stage = "start-ok"
    properties: common.FieldTable = {
        "product": "burrow",
        "version": broker.version,
        "information": broker.banner,
        "platform": f"Python {platform.python_version()}",
        "capabilities": dict.fromkeys(CAPABILITIES, True),
    }
    connection.send(commands.Connection.Start(0, 9, properties, " ".join(MECHANISMS), "en_US"))
    return 8


def answer(connection: Connection, method: base.Frame) -> None:
    """Take the next step, if it is the one that `connection.stage` names.

    Raises AmqpError and Hangup.
    """
    if connection.stage == "start-ok" and isinstance(method, commands.Connection.StartOk):
        _login(connection, method)
    elif connection.stage == "tune-ok" and isinstance(method, commands.Connection.TuneOk):
        _tune(connection, method)
    elif connection.stage == "open" and isinstance(method, commands.Connection.Open):
        _open(connection, method)
    else:
        raise Hangup(f"{method.name} where connection.{connection.stage} was expected")


def _login(connection: Connection, m: commands.Connection.StartOk) -> None:
    capabilities = (m.client_properties or {}).get("capabilities")
    connection.capabilities = capabilities if isinstance(capabilities, dict) else {}
    if m.mechanism not in MECHANISMS:
        raise Hangup(f"unknown authentication mechanism {m.mechanism}")
    name, password = _credentials(m.mechanism, m.response)
    if (name, password) != (connection.broker.user, connection.broker.password):
        text = f"Login was refused using authentication mechanism {m.mechanism}."
        if not connection.capabilities.get("authentication_failure_close"):
            raise Hangup(text)
        raise AmqpError(403, f"{text} For details see the broker logfile.", connection=True)
    connection.user = name
    connection.stage = "tune-ok"
    connection.send(commands.Connection.Tune(CHANNEL_MAX, frames.MAX_FRAME, HEARTBEAT))


def _credentials(mechanism: str, response: str | bytes) -> tuple[str, str]:
    data = response.encode("utf-8", "surrogateescape") if isinstance(response, str) else response
    if mechanism == "PLAIN":
        parts = data.decode(errors="replace").split("\0")
        return (parts[1], parts[2]) if len(parts) == 3 else ("", "")
    try:
        _, fields = decode.field_table(len(data).to_bytes(4, "big") + data)
    except (ValueError, RecursionError):
        return "", ""
    return str(fields.get("LOGIN")), str(fields.get("PASSWORD"))


def _tune(connection: Connection, m: commands.Connection.TuneOk) -> None:
    for field, value, least, most in (
        ("frame_max", m.frame_max, frames.MIN_FRAME, frames.MAX_FRAME),
        ("channel_max", m.channel_max, 1, CHANNEL_MAX),
    ):
        if not least <= value <= most:  # 0, for no limit, is more than we have
            raise Hangup(f"negotiated {field} = {value} is not between {least} and {most}")
    connection.frame_max, connection.channel_max = m.frame_max, m.channel_max
    connection.heartbeat = m.heartbeat
    connection.stage = "open"


def _open(connection: Connection, m: commands.Connection.Open) -> None:
    broker = connection.broker
    if len(broker.connections) > broker.max_connections:
        limit = f"node connection limit ({broker.max_connections}) is reached"
        raise AmqpError(530, f"connection refused: {limit}")
    connection.vhost = broker.vhost(m.virtual_host)
    connection.stage = "running"
    connection.send(commands.Connection.OpenOk())
    connection.start_heartbeats()
