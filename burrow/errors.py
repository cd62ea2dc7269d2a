"""Errors as AMQP 0-9-1 knows them: a reply code, a text, and what they close."""

from __future__ import annotations

NAMES = {
    311: "CONTENT_TOO_LARGE",
    312: "NO_ROUTE",
    320: "CONNECTION_FORCED",
    403: "ACCESS_REFUSED",
    404: "NOT_FOUND",
    405: "RESOURCE_LOCKED",
    406: "PRECONDITION_FAILED",
    501: "FRAME_ERROR",
    502: "SYNTAX_ERROR",
    503: "COMMAND_INVALID",
    504: "CHANNEL_ERROR",
    505: "UNEXPECTED_FRAME",
    506: "RESOURCE_ERROR",
    530: "NOT_ALLOWED",
    540: "NOT_IMPLEMENTED",
    541: "INTERNAL_ERROR",
}


class AmqpError(Exception):
    """A refusal that goes to the client as channel.close or connection.close.

    Codes 403-406 close the channel, the others the connection (AMQP 0-9-1, section 1.2,
    "soft" and "hard" errors). `connection=True` makes a soft code close the connection.
    """

    def __init__(self, code: int, text: str, *, connection: bool = False) -> None:
        super().__init__(text)
        self.code = code
        words = (f"{NAMES[code]} - {text}" if text else NAMES[code]).encode(errors="replace")
        if len(words) > 255:  # a short string has no room for more
            words = words[:252] + b"..."
        self.text = words.decode(errors="ignore")
        self.method = (0, 0)  # class and method numbers of what was refused
        self.hard = connection or code in (320, 541) or 501 <= code <= 540


class Hangup(Exception):
    """What RabbitMQ answers by closing the socket without a word."""


def not_found(kind: str, name: str, vhost: str) -> AmqpError:
    """404 for a queue or an exchange."""
    return AmqpError(404, f"no {kind} '{name}' in vhost '{vhost}'")


def unsupported(what: str, instead: str) -> AmqpError:
    """540 for what RabbitMQ has and burrow has not, naming what to start instead."""
    return AmqpError(540, f"burrow has no {what}: start {instead} instead")
