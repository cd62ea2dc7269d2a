"""Queues: declaring, equivalence, deleting, purging, exclusive, auto-delete, expiring."""

from __future__ import annotations

from typing import Any

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab
from tests.burrow.wire import Json


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
    purged = [lab.plain(lab.ch.call(c.Queue.Purge, queue=queue)) for _ in range(2)]
    lab.ch.nack(1)
    return [purged, lab.bodies(queue, 1)]


def exclusive_queue_dies_with_its_connection(lab: Lab) -> Json:
    owner = lab.connect()
    queue = owner.channel().own_queue()
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
