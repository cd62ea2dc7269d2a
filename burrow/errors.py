"""Errors as AMQP 0-9-1 knows them: a reply code, a text, and what they close."""

import re
from typing import Any

from pamqp import exceptions


class AmqpError(Exception):
    """A refusal that goes to the client as channel.close or connection.close.

    Soft codes (403 to 406) close the channel, hard ones the connection (section 1.2), as does a
    soft code with `connection=True`. `method` holds the class and method number of what was
    refused; None where RabbitMQ does not tell.
    """

    def __init__(self, code: int, text: str, *, connection: bool = False) -> None:
        super().__init__(text)
        kind: Any = exceptions.CLASS_MAPPING[code]
        name = kind.name.replace("-", "_")
        # Bytes that are no UTF-8 are shown as Latin-1.
        text = re.sub("[\udc80-\udcff]", lambda byte: chr(ord(byte[0]) - 0xDC00), text)
        words = (f"{name} - {text}" if text else name).encode()
        if len(words) > 255:  # a short string has no room for more
            words = words[:252] + b"..."
        self.code = code
        self.text = words.decode(errors="ignore")
        self.method: tuple[int, int] | None = (0, 0)
        self.hard = connection or issubclass(kind, exceptions.AMQPHardError)

    def blame(self, payload: bytes) -> None:
        """Tell the client which method was refused."""
        if self.method is not None:
            self.method = int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:4], "big")


class Hangup(Exception):
    """What RabbitMQ answers by closing the socket without a word."""


def not_found(kind: str, name: str, vhost: str) -> AmqpError:
    """404 for a queue or an exchange."""
    return AmqpError(404, f"no {kind} '{name}' in vhost '{vhost}'")


def unsupported(what: str) -> AmqpError:
    """540 for what RabbitMQ has and burrow has not."""
    return AmqpError(540, f"burrow has no {what}: start RabbitMQ instead")
