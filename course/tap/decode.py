"""What a method frame and a content header say, decoded by pamqp into the fields of an Event."""

from __future__ import annotations

import datetime
import re
import struct
from typing import Any

from pamqp import base, commands
from pamqp import header as headers

from course.tap.event import PREVIEW_BYTES


def _kebab(name: str) -> str:
    """Basic.GetOk becomes basic.get-ok, as the specification writes it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


KINDS: dict[bytes, type[base.Frame]] = {
    struct.pack(">I", index): kind for index, kind in commands.INDEX_MAPPING.items()
}
NAMES = {index: _kebab(kind.name) for index, kind in KINDS.items()} | {
    b"\x00\x1e\x00\x0a": "access.request",  # of AMQP 0-8; RabbitMQ still answers it
    b"\x00\x1e\x00\x0b": "access.request-ok",
}
_FIELDS = {name: name for name in (
    *("exchange", "queue", "routing_key", "consumer_tag", "delivery_tag", "multiple", "requeue"),
    *("redelivered", "mandatory", "passive", "durable", "exclusive", "auto_delete", "arguments"),
    *("exchange_type", "source", "destination", "message_count", "consumer_count"),
    *("reply_code", "reply_text"),
)} | {"no_ack": "auto_ack", "prefetch_count": "prefetch", "reason": "reply_text"}  # fmt: skip
# What connections tell about themselves. Never responses and secrets.
_TOLD: dict[str, dict[str, str]] = {
    "connection.start": {"server_properties": "", "mechanisms": "mechanisms"},
    "connection.start-ok": {"client_properties": "", "mechanism": "mechanism"},
    "connection.tune": {name: name for name in ("channel_max", "frame_max", "heartbeat")},
    "connection.tune-ok": {name: name for name in ("channel_max", "frame_max", "heartbeat")},
    "connection.open": {"virtual_host": "virtual_host"},
}
_MECHANISM = re.compile(r"[A-Z0-9_-]{1,20}")  # RFC 4422 section 3.1
UNDECODABLE = (ValueError, IndexError, TypeError, OverflowError, RecursionError, struct.error)


def method(payload: bytes) -> base.Frame | None:
    """The method of a frame's payload; None if pamqp does not know it. Raises UNDECODABLE."""
    kind = KINDS.get(payload[:4])
    if kind is None:
        return None
    decoded = kind()
    decoded.unmarshal(payload[4:])
    for secret in ("response", "challenge", "new_secret"):
        if hasattr(decoded, secret):
            setattr(decoded, secret, "")
    if isinstance(decoded, commands.Connection.StartOk) and not _MECHANISM.fullmatch(
        decoded.mechanism
    ):
        decoded.mechanism = "?"  # whatever it is that was put in its place
    return decoded


def fields(name: str, decoded: base.Frame) -> dict[str, Any]:
    """The fields of an Event that a method fills."""
    found: dict[str, Any] = {}
    for attribute in decoded.__slots__:
        known = _FIELDS.get(attribute)
        if known is not None:
            found[known] = plain(getattr(decoded, attribute))
    told = _TOLD.get(name)
    if told:
        properties: dict[str, Any] = {}
        for attribute, key in told.items():
            value = plain(getattr(decoded, attribute))
            properties |= {key: value} if key else value or {}
        found["properties"] = properties
    return found


def content(header: bytes) -> dict[str, Any] | None:
    """The properties of a content header, without the absent; None if it cannot be decoded."""
    if header[12:14] == b"\0\0":
        return {}
    decoded = headers.ContentHeader()
    try:
        decoded.unmarshal(header)
    except UNDECODABLE:
        return None
    return {
        "type" if name == "message_type" else name: plain(value)
        for name, value in decoded.properties
        if value is not None and value != ""
    }


def preview(start: bytes, size: int) -> str:
    """The first bytes of a body as text; what is no UTF-8 is escaped."""
    start = start[:PREVIEW_BYTES]
    if len(start) < size:  # a character that the cut went through is left out
        for cut in range(min(3, len(start))):
            if start[-cut - 1] & 0xC0 != 0x80:
                if start[-cut - 1] & 0xC0 == 0xC0 and not _decodes(start[-cut - 1 :]):
                    start = start[: -cut - 1]
                break
    return start.decode(errors="backslashreplace")


def _decodes(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def plain(value: Any) -> Any:
    """A decoded value as JSON can hold it."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode(errors="backslashreplace")
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return str(value)
