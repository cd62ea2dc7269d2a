"""Arguments of queues: which exist, which values they take, and what RabbitMQ says about others.

Facts: tried against RabbitMQ 4.3.6; arguments it does not know are accepted.
"""

from collections.abc import Callable
from typing import Any

from pamqp import base, commands

from burrow.errors import AmqpError, Hangup, unsupported
from burrow.message import TEN_YEARS
from burrow.wire import tables

_FEATURE = (
    "Feature `{}` is deprecated.\nBy default, this feature is not permitted anymore.\nThe feature "
    "will be removed from a future major RabbitMQ version, regardless of the configuration; "
    "actual version to be determined.\nTo continue using this feature, start RabbitMQ."
)


class Arguments(dict[str, Any]):
    """A table of arguments, from its raw content: it also knows the wire type of each value."""

    def __init__(self, raw: bytes = b"") -> None:
        super().__init__()
        self.raw = raw
        self.types: dict[str, str] = {}
        for name, value in tables.split_table(raw):
            key = name.decode(errors="surrogateescape")
            self[key] = tables.decode(value)
            self.types[key] = tables.type_name(value)

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
    position = 6  # after the method's numbers and the ticket come strings, then one byte of flags
    for name in method.__slots__:
        if method.amqp_type(name) == "shortstr":
            position += 1 + payload[position]
    position += "nowait" in method
    size = int.from_bytes(payload[position : position + 4], "big")
    try:
        return Arguments(payload[position + 4 : position + 4 + size])
    except ValueError as why:
        raise Hangup(f"{method.name}: {why}") from None


# --- what a value must be: each check says what is wrong with one, or None

Check = Callable[[Arguments, str], str | None]


def anything(arguments: Arguments, key: str) -> None:
    """Not looked at."""


def integer(
    least: int | None = None, most: int | None = None, over: str = "value_too_large"
) -> Check:
    """A whole number, within limits if there are any; `least` is 0 or 1."""

    def check(arguments: Arguments, key: str) -> str | None:
        value, kind = arguments[key], arguments.types[key]
        if not isinstance(value, int) or kind in ("bool", "timestamp"):
            return f'"expected integer, got {kind}"'
        if least is not None and value < 0:
            return f"{{value_negative,{value}}}"
        if most is not None and value > most:
            return f"{{{over},{value}}}"
        return "{value_zero,0}" if value == 0 and least == 1 else None

    return check


def _version(arguments: Arguments, key: str) -> str | None:
    wrong = f"\"unsupported queue version '{arguments[key]}'\""
    return integer()(arguments, key) or (None if arguments[key] == 2 else wrong)


def _is(kind: type, *values: str, otherwise: str = "") -> Check:
    def check(arguments: Arguments, key: str) -> str | None:
        value = arguments[key]
        if not isinstance(value, kind):
            return f"{{unacceptable_type,{arguments.types[key]}}}"
        return None if not values or value in values else otherwise.format(value)

    return check


def _dead_letter_key(arguments: Arguments, key: str) -> str | None:
    missing = "x-dead-letter-exchange" not in arguments
    return _is(str)(arguments, key) or ("routing_key_but_no_dlx_defined" if missing else None)


_TYPE = _is(str, "classic", "quorum", "stream", otherwise="\"unsupported queue type '{}'\"")
_OVERFLOW = _is(
    str, "drop-head", "reject-publish", "reject-publish-dlx", otherwise="invalid_overflow"
)
_STRATEGY = _is(str, "at-most-once", "at-least-once", otherwise="invalid_dlx_strategy")
_LOCATOR = _is(str, "client-local", "balanced", otherwise="invalid_queue_locator_arg")
_BOTH = "classic quorum"

# Argument: the queue types that have it, and the check of its value. Two declarations of a queue
# are compared in this order.
_KNOWN: dict[str, tuple[str, Check]] = {
    "x-expires": (_BOTH, integer(1, TEN_YEARS)),
    "x-message-ttl": (_BOTH, integer(0, TEN_YEARS)),
    "x-max-length": (_BOTH, integer(0)),
    "x-max-length-bytes": (_BOTH, integer(0)),
    "x-max-in-memory-length": ("quorum", integer(0)),
    "x-max-in-memory-bytes": ("quorum", integer(0)),
    "x-max-priority": ("classic", integer(0, 255, "max_value_exceeded")),
    "x-queue-version": ("classic", _version),
    "x-overflow": (_BOTH, _OVERFLOW),
    "x-dead-letter-routing-key": (_BOTH, _dead_letter_key),
    "x-dead-letter-strategy": ("quorum", _STRATEGY),
    "x-single-active-consumer": (_BOTH, _is(bool)),
    "x-consumer-timeout": ("quorum", integer(0)),
    "x-quorum-initial-group-size": ("quorum", integer(1)),
    "x-queue-leader-locator": (_BOTH, _LOCATOR),
    "x-dead-letter-exchange": (_BOTH, anything),
    "x-delivery-limit": ("quorum", anything),
    "x-queue-mode": ("classic", anything),
    "x-queue-master-locator": ("classic", anything),
    "x-delayed-retry-type": ("quorum", anything),
    "x-delayed-retry-min": ("quorum", anything),
    "x-delayed-retry-max": ("quorum", anything),
    "x-max-age": ("stream", anything),
    "x-stream-max-segment-size-bytes": ("stream", anything),
    "x-stream-filter-size-bytes": ("stream", anything),
    "x-initial-cluster-size": ("stream", anything),
}


def check_text(where: str, arguments: Arguments, key: str) -> None:
    """Raises 406 unless the argument is text or absent: names of exchanges have words of their own.

    `where` is, for example, "queue 'q' in vhost '/'".
    """
    if not isinstance(arguments.get(key, ""), str):
        raise AmqpError(406, f"invalid type '{arguments.types[key]}' for arg '{key}' in {where}")


def check_declared(where: str, m: commands.Queue.Declare, arguments: Arguments) -> None:
    """Check what a new queue is to be.

    Raises 406 for bad values, 541 for what RabbitMQ 4.3 no longer permits, and 540 for what burrow
    does not have.
    """
    check_values(where, arguments, {"x-queue-type": _TYPE})
    kind = arguments.get("x-queue-type", "classic")
    if kind == "stream":
        raise unsupported("streams")
    if kind == "quorum" and not m.queue:
        raise AmqpError(406, "Cannot declare a server-named queue for type rabbit_quorum_queue")
    for key in arguments:
        if kind not in _KNOWN.get(key, (kind,))[0]:
            text = f"invalid arg '{key}' for {where} of queue type rabbit_{kind}_queue"
            raise AmqpError(406, text)
    check_text(where, arguments, "x-dead-letter-exchange")
    check_values(where, arguments, {key: check for key, (_, check) in _KNOWN.items()})
    if "x-consumer-timeout" in arguments:
        raise unsupported("consumer timeout")
    careful = arguments.get("x-dead-letter-strategy") == "at-least-once"
    if careful and arguments.get("x-overflow") == "reject-publish":
        raise unsupported("at-least-once dead-lettering")
    if "x-queue-master-locator" in arguments:
        raise AmqpError(541, _FEATURE.format("queue_master_locator"))
    if not m.durable and not m.exclusive:
        raise AmqpError(541, _FEATURE.format("transient_nonexcl_queues"))
    for name, given in (("auto-delete", m.auto_delete), ("exclusive-owner", m.exclusive)):
        if kind == "quorum" and given:
            raise AmqpError(406, f"invalid property '{name}' for {where}")


def check_values(where: str, arguments: Arguments, checks: dict[str, Check]) -> None:
    """Raises 406 for the first argument that does not pass its check."""
    for key in arguments:
        if key in checks and (problem := checks[key](arguments, key)):
            raise AmqpError(406, f"invalid arg '{key}' for {where}: {problem}")


# --- declaring again what exists already


def equivalent(where: str, name: str, new: object, old: object) -> None:
    """Raises 406 when a property of a declaration differs from what is there."""
    if new != old:
        got, had = str(new).lower(), str(old).lower()
        text = f"inequivalent arg '{name}' for {where}: received '{got}' but current is '{had}'"
        raise AmqpError(406, text)


def equivalent_argument(where: str, key: str, new: Arguments, old: Arguments) -> None:
    """The same for an argument: numbers of any width are alike, text and other types are not."""
    mine, theirs = new.get(key), old.get(key)
    alike = type(mine) is type(theirs) or {type(mine), type(theirs)} <= {str, bytes}
    both = key in new and key in old
    if alike and mine == theirs and (key in new) == (key in old):
        return
    if alike and both:
        got, had = f"'{new.shown(key)}'", f"'{old.shown(key)}'"
    else:
        got, had = new.described(key), old.described(key)
    text = f"inequivalent arg '{key}' for {where}: received {got} but current is {had}"
    raise AmqpError(406, text)


def equivalent_queue(where: str, new: Arguments, old: Arguments) -> None:
    """Raises 406 when queue.declare names another type, or other arguments that the type knows."""
    kind = old.get("x-queue-type", "classic")
    equivalent(where, "x-queue-type", new.get("x-queue-type", "classic"), kind)
    for key, (kinds, _) in _KNOWN.items():
        if kind in kinds:
            equivalent_argument(where, key, new, old)
