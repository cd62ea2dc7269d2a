"""Queues: declaring, equivalence, argument validation, deleting, purging, exclusive, auto-delete."""

from __future__ import annotations

from typing import Any

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab
from tests.burrow.wire import Json


def _declared(lab: Lab, arguments: dict[str, dict[str, Any]], **fields: Any) -> Json:
    fields.setdefault("durable", True)
    seen = {}
    for number, (case, given) in enumerate(arguments.items()):
        name = lab.name(f"q{number}")
        seen[case] = lab.tries(lambda ch, n=name, a=given: ch.declare(n, arguments=a, **fields))
    return seen


def declare_reports_counts(lab: Lab) -> Json:
    queue = lab.queue()
    lab.publish(queue, "a", "b")
    lab.ch.consume(queue, no_ack=False)
    lab.ch.deliveries(2)
    lab.publish(queue, "c")
    lab.ch.deliveries(3)
    lab.ch.nack(3)
    return [lab.ch.declare(queue, durable=True).consumer_count, lab.tries(
        lambda ch: ch.declare(queue, passive=True))]  # fmt: skip


def server_names_the_queue(lab: Lab) -> Json:
    return lab.tries(lambda ch: ch.declare("", exclusive=True))


def transient_queues_must_be_exclusive(lab: Lab) -> Json:
    name = lab.name("q")
    return {
        "named": lab.tries(lambda ch: ch.declare(name)),
        "server-named": lab.tries(lambda ch: ch.declare("")),
        "auto-delete": lab.tries(lambda ch: ch.declare(name, auto_delete=True)),
        "exclusive": lab.tries(lambda ch: ch.declare(name, exclusive=True)),
        "durable exclusive": lab.tries(lambda ch: ch.declare(name, exclusive=True, durable=True)),
        "quorum": lab.tries(lambda ch: ch.declare(name, arguments={"x-queue-type": "quorum"})),
    }


def inequivalent_redeclaration(lab: Lab) -> Json:
    name = lab.queue("q", {"x-message-ttl": 60000, "x-mine": "a"})
    base = {"x-message-ttl": 60000}
    cases: dict[str, dict[str, Any]] = {
        "same": {"durable": True, "arguments": base},
        "durable": {"arguments": base},
        "auto_delete": {"durable": True, "auto_delete": True, "arguments": base},
        "exclusive": {"durable": True, "exclusive": True, "arguments": base},
        "ttl": {"durable": True, "arguments": {"x-message-ttl": 1}},
        "no ttl": {"durable": True},
        "unknown argument": {"durable": True, "arguments": {**base, "x-mine": "b"}},
        "dead letters": {"durable": True, "arguments": {**base, "x-dead-letter-exchange": "x"}},
        "quorum": {"durable": True, "arguments": {**base, "x-queue-type": "quorum"}},
        "classic": {"durable": True, "arguments": {**base, "x-queue-type": "classic"}},
        "priority": {"durable": True, "arguments": {**base, "x-max-priority": 3}},
    }
    return {k: lab.tries(lambda ch, f=f: ch.declare(name, **f)) for k, f in cases.items()}


def exclusive_is_checked_before_other_differences(lab: Lab) -> Json:
    name = lab.queue("q", {"x-max-length": 3})
    return {
        "durable too": lab.tries(lambda ch: ch.declare(name, exclusive=True)),
        "arguments too": lab.tries(lambda ch: ch.declare(
            name, exclusive=True, durable=True, auto_delete=True, arguments={"x-message-ttl": 5})),
    }  # fmt: skip


def equal_numbers_of_other_widths_are_equivalent(lab: Lab) -> Json:
    name = lab.queue("q", {"x-message-ttl": 100, "x-max-length": 70000})
    return lab.tries(lambda ch: ch.declare(
        name, durable=True, arguments={"x-message-ttl": 100, "x-max-length": 70000}))  # fmt: skip


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
        "consumer timeout": {"x-consumer-timeout": 60000}, "unknown": {"x-nobody-knows": 1},
    }  # fmt: skip
    return _declared(lab, {case: {**quorum, **given} for case, given in cases.items()})


def quorum_queues_refuse_other_properties(lab: Lab) -> Json:
    quorum, name = {"x-queue-type": "quorum"}, lab.name("q")
    return {
        "exclusive": lab.tries(lambda ch: ch.declare(
            name, durable=True, exclusive=True, arguments=quorum)),
        "auto-delete": lab.tries(lambda ch: ch.declare(
            name, durable=True, auto_delete=True, arguments=quorum)),
        "server-named": lab.tries(lambda ch: ch.declare("", durable=True, arguments=quorum)),
    }  # fmt: skip


def if_empty_and_if_unused(lab: Lab) -> Json:
    queue = lab.queue()
    lab.publish(queue, "a")
    reader = lab.connect().channel()
    reader.consume(queue)
    reader.deliveries(1)
    lab.publish(queue, "b")
    delete = c.Queue.Delete
    seen = [lab.tries(lambda ch: ch.call(delete, queue=queue, if_unused=True))]
    reader.connection.close()
    seen.append(lab.tries(lambda ch: ch.call(delete, queue=queue, if_empty=True)))
    seen.append(lab.tries(lambda ch: ch.call(delete, queue=queue, if_unused=True)))
    return [*seen, lab.tries(lambda ch: ch.call(delete, queue=queue))]


def missing_queues(lab: Lab) -> Json:
    none = lab.name("none")
    return {
        "passive": lab.tries(lambda ch: ch.declare(none, passive=True)),
        "delete": lab.tries(lambda ch: ch.call(c.Queue.Delete, queue=none)),
        "purge": lab.tries(lambda ch: ch.call(c.Queue.Purge, queue=none)),
        "get": lab.tries(lambda ch: ch.get(none)),
        "consume": lab.tries(lambda ch: ch.consume(none)),
        "publish": lab.tries(lambda ch: ch.publish(none, "dropped")),
    }


def reserved_and_odd_names(lab: Lab) -> Json:
    odd = lab.name("q")
    return {
        "amq.": lab.tries(lambda ch: ch.declare("amq.mine", durable=True)),
        "amq. passive": lab.tries(lambda ch: ch.declare("amq.mine", passive=True)),
        "line ends": lab.tries(lambda ch: ch.declare(odd + "\r\nx", durable=True)),
        "line ends gone": lab.tries(lambda ch: ch.call(c.Queue.Delete, queue=odd + "x")),
        "unicode": lab.tries(lambda ch: ch.declare(lab.name("größe ✓"), durable=True)),
        "long": lab.tries(lambda ch: ch.declare(lab.name("n" * 240), durable=True)),
    }


def purge_counts_only_ready_messages(lab: Lab) -> Json:
    queue = lab.queue()
    lab.publish(queue, *"abc")
    lab.ch.get(queue)
    return [lab.plain(lab.ch.call(c.Queue.Purge, queue=queue)), lab.plain(
        lab.ch.call(c.Queue.Purge, queue=queue)), lab.ch.nack(1), lab.bodies(queue, 1)]  # fmt: skip


def exclusive_queue_dies_with_its_connection(lab: Lab) -> Json:
    owner = lab.connect()
    queue = owner.channel().declare("", exclusive=True).queue
    owner.close()
    return lab.count(queue, None)


def auto_delete_queue_goes_with_its_last_consumer(lab: Lab) -> Json:
    queue = lab.queue("q", auto_delete=True)
    seen = [lab.count(queue, 0)]
    first, second = lab.connect().channel(), lab.connect().channel()
    first.consume(queue, "one")
    second.consume(queue, "two")
    first.call(c.Basic.Cancel, consumer_tag="one")
    seen.append(lab.count(queue, 0))
    second.connection.abort()
    return [*seen, lab.count(queue, None)]


def deleting_a_queue_cancels_its_consumers(lab: Lab) -> Json:
    queue = lab.queue()
    lab.ch.consume(queue, "me")
    reader = lab.ch
    deleted = lab.tries(lambda ch: ch.call(c.Queue.Delete, queue=queue))
    reader.wait(lambda: reader.events)
    return [deleted, reader.events]


def deleting_a_queue_without_the_capability_says_nothing(lab: Lab) -> Json:
    queue = lab.queue()
    reader = lab.connect(capabilities={}).channel()
    reader.consume(queue, "me")
    lab.ch.call(c.Queue.Delete, queue=queue)
    reader.call(c.Basic.Qos, prefetch_count=0)
    return [reader.events, lab.plain(reader.call(c.Basic.Cancel, consumer_tag="me"))]


def expires_removes_an_unused_queue(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-expires": 150})
    lab.publish(queue, "a")
    return [lab.count(queue, 1), lab.count(queue, None, every=0.4)]


def looking_at_a_queue_renews_its_lease(lab: Lab) -> Json:
    queue, clock = lab.queue("q", {"x-expires": 400}), lab.queue("clock", {"x-message-ttl": 1000})
    lab.publish(clock, "tick")
    while lab.ch.declare(clock, passive=True).message_count:
        lab.ch.declare(queue, passive=True)
    return lab.tries(lambda ch: ch.declare(queue, passive=True))


def a_consumer_keeps_an_expiring_queue(lab: Lab) -> Json:
    kept, lost = lab.queue("kept", {"x-expires": 100}), lab.queue("lost", {"x-expires": 300})
    reader = lab.connect().channel()
    reader.consume(kept, "me")
    lab.count(lost, None, every=0.6)
    return [lab.count(kept, 0), reader.events]
