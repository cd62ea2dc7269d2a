"""The arguments of queues: what RabbitMQ accepts, and how it refuses the rest."""

from __future__ import annotations

from typing import Any

from tests.burrow.goldens.lab import Lab
from tests.burrow.wire import Json


def _declared(lab: Lab, arguments: dict[str, dict[str, Any]], **fields: Any) -> Json:
    fields.setdefault("durable", True)
    seen = {}
    for number, (case, given) in enumerate(arguments.items()):
        name = lab.name(f"q{number}")
        seen[case] = lab.tries(lambda ch, n=name, a=given: ch.declare(n, arguments=a, **fields))
    return seen


def arguments_of_classic_queues(lab: Lab) -> Json:
    return _declared(lab, {
        "ttl zero": {"x-message-ttl": 0}, "ttl negative": {"x-message-ttl": -1},
        "ttl text": {"x-message-ttl": "100"}, "ttl too long": {"x-message-ttl": 2**32},
        "ttl longest": {"x-message-ttl": 2**32 - 1}, "ttl bool": {"x-message-ttl": True},
        "ttl double": {"x-message-ttl": 1.5}, "expires zero": {"x-expires": 0},
        "expires negative": {"x-expires": -1}, "expires text": {"x-expires": "x"},
        "expires too long": {"x-expires": 2**32},
        "length zero": {"x-max-length": 0}, "length negative": {"x-max-length": -1},
        "length text": {"x-max-length": "5"}, "bytes negative": {"x-max-length-bytes": -1},
        "overflow unknown": {"x-overflow": "explode"}, "overflow number": {"x-overflow": 1},
        "reject-publish": {"x-overflow": "reject-publish"},
        "reject-publish-dlx": {"x-overflow": "reject-publish-dlx"},
        "dlx number": {"x-dead-letter-exchange": 5},
        "key without exchange": {"x-dead-letter-routing-key": "k"},
        "key number": {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": 5},
        "dlx missing exchange": {"x-dead-letter-exchange": "does-not-exist"},
    })  # fmt: skip


def arguments_of_classic_queues_about_kind(lab: Lab) -> Json:
    return _declared(lab, {
        "priority 0": {"x-max-priority": 0}, "priority 1": {"x-max-priority": 1},
        "priority 255": {"x-max-priority": 255}, "priority 256": {"x-max-priority": 256},
        "priority text": {"x-max-priority": "high"}, "priority negative": {"x-max-priority": -1},
        "sac text": {"x-single-active-consumer": "yes"},
        "sac false": {"x-single-active-consumer": False},
        "type unknown": {"x-queue-type": "sorted"}, "type number": {"x-queue-type": 7},
        "mode lazy": {"x-queue-mode": "lazy"}, "mode bad": {"x-queue-mode": "eager"},
        "version 1": {"x-queue-version": 1}, "version 3": {"x-queue-version": 3},
        "delivery limit": {"x-delivery-limit": 3}, "consumer timeout": {"x-consumer-timeout": 100},
        "strategy": {"x-dead-letter-strategy": "at-least-once"},
        "stream max age": {"x-max-age": "1h"}, "group size": {"x-quorum-initial-group-size": 1},
        "leader locator": {"x-queue-leader-locator": "client-local"},
        "master locator": {"x-queue-master-locator": "client-local"},
        "delayed retry": {"x-delayed-retry-type": "all"}, "unknown": {"x-nobody-knows": "this"},
    })  # fmt: skip


def arguments_of_quorum_queues(lab: Lab) -> Json:
    quorum = {"x-queue-type": "quorum"}
    cases: dict[str, dict[str, Any]] = {
        "plain": {}, "limit 0": {"x-delivery-limit": 0}, "limit -1": {"x-delivery-limit": -1},
        "limit -2": {"x-delivery-limit": -2}, "limit text": {"x-delivery-limit": "3"},
        "priority": {"x-max-priority": 3}, "mode": {"x-queue-mode": "lazy"},
        "reject-publish-dlx": {"x-overflow": "reject-publish-dlx"},
        "reject-publish": {"x-overflow": "reject-publish"},
        "strategy unknown": {"x-dead-letter-strategy": "never"},
        "strategy": {"x-dead-letter-strategy": "at-least-once"},
        "retry unknown": {"x-delayed-retry-type": "sometimes"},
        "retry without min": {"x-delayed-retry-type": "all"},
        "retry": {"x-delayed-retry-type": "all", "x-delayed-retry-min": 100},
        "retry min text": {"x-delayed-retry-type": "all", "x-delayed-retry-min": "100"},
        "retry min negative": {"x-delayed-retry-type": "all", "x-delayed-retry-min": -1},
        "group size 0": {"x-quorum-initial-group-size": 0},
        "group size 1": {"x-quorum-initial-group-size": 1},
        "sac": {"x-single-active-consumer": True}, "ttl": {"x-message-ttl": 5},
        "unknown": {"x-nobody-knows": 1},
    }  # fmt: skip
    return _declared(lab, {case: {**quorum, **given} for case, given in cases.items()})


def consumer_timeout_of_quorum_queues(lab: Lab) -> Json:
    return _declared(lab, {"t": {"x-queue-type": "quorum", "x-consumer-timeout": 60000}})


def redeclaring_compares_what_the_type_knows(lab: Lab) -> Json:
    """An argument that a queue of this type may not have is no difference."""
    cases: dict[str, Any] = {
        "x-expires": 100_000, "x-message-ttl": 100_000, "x-max-length": 5, "x-max-length-bytes": 5,
        "x-overflow": "reject-publish", "x-dead-letter-exchange": "a", "x-max-priority": 3,
        "x-dead-letter-routing-key": "b", "x-single-active-consumer": True, "x-delivery-limit": 3,
        "x-queue-mode": "lazy", "x-dead-letter-strategy": "at-least-once", "x-queue-version": 2,
        "x-consumer-timeout": 100_000, "x-delayed-retry-type": "all", "x-delayed-retry-min": 5,
        "x-quorum-initial-group-size": 1, "x-max-age": "1h", "x-queue-leader-locator": "balanced",
        "x-max-in-memory-length": 1, "x-queue-master-locator": "x", "x-nobody": 1,
    }  # fmt: skip
    seen = {}
    for kind in ("classic", "quorum"):
        queue = lab.queue(kind, {"x-queue-type": kind})
        for key, value in cases.items():
            given = {"x-queue-type": kind, key: value}
            seen[f"{kind} {key}"] = lab.tries(
                lambda ch, q=queue, a=given: ch.declare(q, durable=True, arguments=a)
            )
    return seen
