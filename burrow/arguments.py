"""Arguments of queues: which exist, which values they take, and what RabbitMQ says about others.

Facts: tried against RabbitMQ 4.3.6; arguments it does not know are accepted.
"""

from __future__ import annotations

import struct
from typing import Any

from pamqp import base

from burrow import tables
from burrow.errors import AmqpError, Hangup, unsupported

_MAX_TTL = 315_360_000_000  # ms: ten years
_FEATURE = (
    "Feature `{}` is deprecated.\nBy default, this feature is not permitted anymore.\nThe feature "
    "will be removed from a future major RabbitMQ version, regardless of the configuration; "
    "actual version to be determined.\nTo continue using this feature, start RabbitMQ."
)
_STREAM = (
    "x-max-age", "x-stream-max-segment-size-bytes", "x-stream-filter-size-bytes",
    "x-initial-cluster-size",
)  # fmt: skip
_NOT_CLASSIC = (*_STREAM, "x-delivery-limit", "x-dead-letter-strategy", "x-consumer-timeout",
    "x-quorum-initial-group-size", "x-max-in-memory-length", "x-max-in-memory-bytes",
    "x-delayed-retry-type", "x-delayed-retry-min", "x-delayed-retry-max",
)  # fmt: skip
_NOT_QUORUM = (
    *_STREAM, "x-max-priority", "x-queue-mode", "x-queue-version", "x-queue-master-locator",
)  # fmt: skip


class Arguments(dict[str, Any]):
    """A table of arguments that also knows RabbitMQ's name for the wire type of each value."""

    def __init__(self, fields: tables.Fields = ()) -> None:  # type: ignore[assignment]
        super().__init__()
        self.types: dict[str, str] = {}
        self.fields = list(fields)
        for name, raw in fields:
            key = name.decode(errors="surrogateescape")
            self[key] = tables.decode_value(raw)
            self.types[key] = tables.TYPE_NAMES[chr(raw[0])]

    def written(self) -> list[list[str]]:
        """As lists that JSON can hold."""
        return [[name.hex(), value.hex()] for name, value in self.fields]

    @staticmethod
    def read(rows: list[list[str]]) -> Arguments:
        """What `written` made."""
        return Arguments([(bytes.fromhex(name), bytes.fromhex(value)) for name, value in rows])

    def shown(self, key: str) -> str:
        """A value as RabbitMQ's texts show it."""
        value = self.get(key)
        if value is None:
            return "undefined"
        return str(value).lower() if isinstance(value, bool) else str(value)

    def described(self, key: str) -> str:
        """A value with its type, or none."""
        if key not in self:
            return "none"
        return f"the value '{self.shown(key)}' of type '{self.types[key]}'"


def read(method: base.Frame, payload: bytes) -> Arguments:
    """The arguments table at the end of a method's payload, with the types that pamqp forgets."""
    position, in_bits = 4, False
    for name in method.__slots__:
        kind = method.amqp_type(name)
        if in_bits and kind != "bit":
            position += 1
        in_bits = kind == "bit"
        if kind == "table":
            break
        position += {"short": 2, "bit": 0}.get(kind, 1 + payload[position])
    (size,) = struct.unpack_from(">I", payload, position)
    try:
        return Arguments(tables.split_table(payload[position + 4 : position + 4 + size]))
    except ValueError as why:
        raise Hangup(f"{method.name}: {why}") from None


def equivalent(name: str, new: object, old: object, where: str) -> None:
    """Raises 406 when a property of a declaration differs from what is there."""
    if new != old:
        got, had = str(new).lower(), str(old).lower()
        raise AmqpError(
            406, f"inequivalent arg '{name}' {where}: received '{got}' but current is '{had}'"
        )


def equivalent_argument(key: str, new: Arguments, old: Arguments, where: str) -> None:
    """Raises 406 when an argument of a declaration differs from what is there."""
    mine, theirs = new.get(key), old.get(key)
    alike = isinstance(mine, bool) == isinstance(theirs, bool) and (
        type(mine) is type(theirs) or {type(mine), type(theirs)} <= {str, bytes}
    )
    if alike and mine == theirs and (key in new) == (key in old):
        return
    if alike and key in new and key in old:
        got, had = f"'{new.shown(key)}'", f"'{old.shown(key)}'"
    else:
        got, had = new.described(key), old.described(key)
    raise AmqpError(406, f"inequivalent arg '{key}' {where}: received {got} but current is {had}")


def check_redeclared(where: str, new: Arguments, old: Arguments) -> None:
    """Raises 406 when queue.declare names another type, or other known arguments."""
    kind = old.get("x-queue-type", "classic")
    equivalent("x-queue-type", new.get("x-queue-type", "classic"), kind, where)
    for key in _COMPARED:
        if key not in (_NOT_CLASSIC if kind == "classic" else _NOT_QUORUM):
            equivalent_argument(key, new, old, where)


def check_declared(where: str, arguments: Arguments, *, durable: bool, exclusive: bool,
                   auto_delete: bool, generated: bool) -> None:  # fmt: skip
    """Check what a new queue is to be.

    Raises 406 for bad values, 541 for what RabbitMQ 4.3 no longer permits, and 540 for streams,
    which burrow does not have.
    """
    if problem := _type(arguments, "x-queue-type"):
        raise AmqpError(406, f"invalid arg 'x-queue-type' {where}: {problem}")
    kind = arguments.get("x-queue-type", "classic")
    if kind == "stream":
        raise unsupported("streams", "RabbitMQ")
    if kind == "quorum" and generated:
        raise AmqpError(406, "Cannot declare a server-named queue for type rabbit_quorum_queue")
    for key in arguments:
        if key in (_NOT_CLASSIC if kind == "classic" else _NOT_QUORUM):
            raise AmqpError(406, f"invalid arg '{key}' {where} of queue type rabbit_{kind}_queue")
    for key in arguments:
        if key == "x-dead-letter-exchange" and not isinstance(arguments[key], str):
            raise AmqpError(406, f"invalid type '{arguments.types[key]}' for arg '{key}' in "
                                 f"{where.removeprefix('for ')}")  # fmt: skip
        if key in _CHECKS and (problem := _CHECKS[key](arguments, key)):
            raise AmqpError(406, f"invalid arg '{key}' {where}: {problem}")
    if "x-consumer-timeout" in arguments:
        raise unsupported("consumer timeout", "RabbitMQ")
    careful = arguments.get("x-dead-letter-strategy") == "at-least-once"
    if careful and arguments.get("x-overflow") == "reject-publish":
        raise unsupported("at-least-once dead-lettering", "RabbitMQ")
    if "x-queue-master-locator" in arguments:
        raise AmqpError(541, _FEATURE.format("queue_master_locator"))
    if not durable and not exclusive:
        raise AmqpError(541, _FEATURE.format("transient_nonexcl_queues"))
    if kind == "quorum":
        if auto_delete:
            raise AmqpError(406, f"invalid property 'auto-delete' {where}")
        if exclusive:
            raise AmqpError(406, f"invalid property 'exclusive-owner' {where}")


def integer(arguments: Arguments, key: str) -> str | None:
    """What is wrong with a value that must be an integer."""
    value, name = arguments[key], arguments.types[key]
    if isinstance(value, int) and name not in ("bool", "timestamp"):
        return None
    return f'"expected integer, got {name}"'


def _whole(arguments: Arguments, key: str) -> str | None:
    value = arguments[key]
    return integer(arguments, key) or (f"{{value_negative,{value}}}" if value < 0 else None)


def _ttl(arguments: Arguments, key: str) -> str | None:
    value = arguments[key]
    return _whole(arguments, key) or (f"{{value_too_large,{value}}}" if value > _MAX_TTL else None)


def _expires(arguments: Arguments, key: str) -> str | None:
    return _ttl(arguments, key) or ("{value_zero,0}" if arguments[key] == 0 else None)


def _positive(arguments: Arguments, key: str) -> str | None:
    return _whole(arguments, key) or ("{value_zero,0}" if arguments[key] == 0 else None)


def _priority(arguments: Arguments, key: str) -> str | None:
    value = arguments[key]
    return _whole(arguments, key) or (f"{{max_value_exceeded,{value}}}" if value > 255 else None)


def _text(arguments: Arguments, key: str) -> str | None:
    ok = isinstance(arguments[key], str)
    return None if ok else f"{{unacceptable_type,{arguments.types[key]}}}"


def _dead_letter_key(arguments: Arguments, key: str) -> str | None:
    missing = "x-dead-letter-exchange" not in arguments
    return _text(arguments, key) or ("routing_key_but_no_dlx_defined" if missing else None)


def _flag(arguments: Arguments, key: str) -> str | None:
    ok = isinstance(arguments[key], bool)
    return None if ok else f"{{unacceptable_type,{arguments.types[key]}}}"


def _type(arguments: Arguments, key: str) -> str | None:
    value = arguments.get(key, "classic")
    known = value in ("classic", "quorum", "stream")
    return None if known else _text(arguments, key) or f"\"unsupported queue type '{value}'\""


def _version(arguments: Arguments, key: str) -> str | None:
    value = arguments[key]
    wrong = f"\"unsupported queue version '{value}'\""
    return integer(arguments, key) or (None if value == 2 else wrong)


def _one_of(problem: str, *values: str) -> Any:
    def check(arguments: Arguments, key: str) -> str | None:
        return _text(arguments, key) or (None if arguments[key] in values else problem)

    return check


_CHECKS = {
    "x-expires": _expires, "x-message-ttl": _ttl, "x-max-length": _whole,
    "x-max-length-bytes": _whole, "x-max-in-memory-length": _whole,
    "x-max-in-memory-bytes": _whole, "x-max-priority": _priority, "x-queue-version": _version,
    "x-overflow": _one_of("invalid_overflow", "drop-head", "reject-publish", "reject-publish-dlx"),
    "x-dead-letter-routing-key": _dead_letter_key,
    "x-dead-letter-strategy": _one_of("invalid_dlx_strategy", "at-most-once", "at-least-once"),
    "x-single-active-consumer": _flag, "x-consumer-timeout": _whole,
    "x-quorum-initial-group-size": _positive,
    "x-queue-leader-locator": _one_of("invalid_queue_locator_arg", "client-local", "balanced"),
}  # fmt: skip
_COMPARED = (*_CHECKS, "x-dead-letter-exchange", "x-delivery-limit", "x-queue-mode",
             "x-queue-master-locator",
             "x-delayed-retry-type", "x-delayed-retry-min", "x-delayed-retry-max")  # fmt: skip
