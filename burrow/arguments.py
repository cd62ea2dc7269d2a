"""Arguments of queues: which exist, which values they take, and what RabbitMQ says about others.

Facts: RabbitMQ 4.3, tried against the broker; arguments it does not know are accepted.
"""

from __future__ import annotations

from typing import Any

from burrow.errors import AmqpError, unsupported

OVERFLOWS = ("drop-head", "reject-publish", "reject-publish-dlx")
STRATEGIES = ("at-most-once", "at-least-once")
_MAX_TTL = 2**32 - 1
# Known to RabbitMQ, for other types of queues only.
_QUORUM_ONLY = (
    "x-delivery-limit", "x-quorum-initial-group-size", "x-quorum-target-group-size",
    "x-dead-letter-strategy", "x-consumer-timeout",
)  # fmt: skip
_STREAM_ONLY = (
    "x-max-age", "x-stream-max-segment-size-bytes", "x-stream-filter-size-bytes",
    "x-initial-cluster-size",
)  # fmt: skip
_CLASSIC_ONLY = ("x-max-priority", "x-queue-mode", "x-queue-version")


def type_name(value: Any) -> str:
    """RabbitMQ's name for the wire type of a value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "signedint" if -(2**31) <= value < 2**31 else "long"
    names = {str: "longstr", bytes: "binary", float: "double", list: "array", dict: "table"}
    return names.get(type(value), "void")


def equivalent(name: str, new: Any, old: Any, where: str, *, value: bool = False) -> None:
    """Raises 406 when a declaration differs from what is there."""
    if new == old and isinstance(new, bool) == isinstance(old, bool):
        return
    got, had = (_argument(new), _argument(old)) if value else (_plain(new), _plain(old))
    raise AmqpError(
        406, f"inequivalent arg '{name}' {where}: received {got} but current is {had}"
    )


def _plain(value: Any) -> str:
    return f"'{str(value).lower()}'"


def _argument(value: Any) -> str:
    if value is None:
        return "none"
    return f"the value '{value}' of type '{type_name(value)}'"


def check_queue(name: str, vhost: str, durable: bool, exclusive: bool, auto_delete: bool,
                arguments: dict[str, Any], old: dict[str, Any] | None,
                generated: bool = False) -> None:  # fmt: skip
    """Check the arguments of queue.declare, `old` being those of the queue that is there.

    Raises 406 for bad values, 541 for transient queues that are not exclusive, and 540 for
    streams, which burrow does not have.
    """
    where = f"for queue '{name}' in vhost '{vhost}'"
    for key, value in arguments.items():
        check = _CHECKS.get(key)
        problem = check(value, arguments) if check else None
        if problem:
            raise AmqpError(406, f"invalid arg '{key}' {where}: {problem}")
    if old is not None:
        for key in _COMPARED:
            equivalent(key, arguments.get(key), old.get(key), where, value=True)
        return
    kind = arguments.get("x-queue-type", "classic")
    if kind == "stream":
        raise unsupported("streams", "RabbitMQ")
    if not durable and not exclusive:
        raise AmqpError(
            541, "Feature `transient_nonexcl_queues` is deprecated. By default, this feature is "
            "not permitted anymore."
        )  # fmt: skip
    wrong = _STREAM_ONLY + (_QUORUM_ONLY if kind == "classic" else _CLASSIC_ONLY)
    for key in arguments:
        if key in wrong:
            raise AmqpError(406, f"invalid arg '{key}' {where}: queue type does not support it")
    if kind == "quorum":
        for bad, text in (
            (not durable, "non-durable"), (exclusive, "exclusive"), (auto_delete, "auto-delete"),
            (generated, "server-named"),
        ):  # fmt: skip
            if bad:
                raise AmqpError(406, f"invalid property '{text}' {where}")


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole(value: Any, arguments: dict[str, Any]) -> str | None:
    if not _is_int(value):
        return f"{{unacceptable_type,{type_name(value)}}}"
    return f"{{value_negative,{value}}}" if value < 0 else None


def _ttl(value: Any, arguments: dict[str, Any]) -> str | None:
    if problem := _whole(value, arguments):
        return problem
    return f"{{value_too_big,{value}}}" if value > _MAX_TTL else None


def _expires(value: Any, arguments: dict[str, Any]) -> str | None:
    return "{value_zero,0}" if value == 0 and _is_int(value) else _ttl(value, arguments)


def _text(value: Any, arguments: dict[str, Any]) -> str | None:
    return None if isinstance(value, str) else f"{{unacceptable_type,{type_name(value)}}}"


def _dead_letter_key(value: Any, arguments: dict[str, Any]) -> str | None:
    if "x-dead-letter-exchange" not in arguments:
        return "routing_key_but_no_dlx_defined"
    return _text(value, arguments)


def _priority(value: Any, arguments: dict[str, Any]) -> str | None:
    if problem := _whole(value, arguments):
        return problem
    return f"{{max_value_exceeded,{value}}}" if value > 255 else None


def _flag(value: Any, arguments: dict[str, Any]) -> str | None:
    return None if isinstance(value, bool) else f"{{unacceptable_type,{type_name(value)}}}"


def _overflow(value: Any, arguments: dict[str, Any]) -> str | None:
    return _text(value, arguments) or (
        None if value in OVERFLOWS else f"invalid overflow mode '{value}'"
    )


def _strategy(value: Any, arguments: dict[str, Any]) -> str | None:
    return None if value in STRATEGIES else f"invalid dead letter strategy '{value}'"


def _type(value: Any, arguments: dict[str, Any]) -> str | None:
    if value in ("classic", "quorum", "stream"):
        return None
    return f"unsupported queue type '{value}'"


_CHECKS = {
    "x-expires": _expires, "x-message-ttl": _ttl, "x-max-length": _whole,
    "x-max-length-bytes": _whole, "x-max-priority": _priority, "x-overflow": _overflow,
    "x-dead-letter-exchange": _text, "x-dead-letter-routing-key": _dead_letter_key,
    "x-dead-letter-strategy": _strategy, "x-single-active-consumer": _flag,
    "x-queue-type": _type, "x-delivery-limit": _whole, "x-consumer-timeout": _whole,
}  # fmt: skip
_COMPARED = tuple(_CHECKS)
