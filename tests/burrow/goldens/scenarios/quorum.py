"""Quorum queues: delivery counts and limits, returns, delayed retry."""

from __future__ import annotations

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab, bodies, brief
from tests.burrow.wire import Channel, Json


def _bounce(reader: Channel, times: int, how: str) -> list[Json]:
    """Return the one message `times` times; what was delivered each time."""
    seen = []
    for number in range(1, times + 1):
        got = reader.deliveries(number)[-1]
        seen.append([got["redelivered"], got["properties"].get("headers")])
        if how == "nack":
            reader.nack(got["delivery_tag"], requeue=True)
        else:
            reader.reject(got["delivery_tag"], requeue=True)
    return seen


def nacks_count_as_acquired_only(lab: Lab) -> Json:
    queue = lab.quorum("q", delivery_limit=2)
    lab.publish(queue, "a", headers={"mine": 1})
    reader = lab.connect().channel()
    reader.consume(queue)
    return _bounce(reader, 5, "nack")


def rejects_count_as_deliveries(lab: Lab) -> Json:
    queue = lab.quorum("q", delivery_limit=2)
    lab.publish(queue, "a")
    reader = lab.connect().channel()
    reader.consume(queue)
    seen = _bounce(reader, 3, "reject")
    return [seen, lab.count(queue, 0), len(reader.delivered())]


def limit_zero_means_one_delivery(lab: Lab) -> Json:
    queue = lab.quorum("q", delivery_limit=0)
    lab.publish(queue, "a")
    reader = lab.connect().channel()
    reader.consume(queue)
    seen = _bounce(reader, 1, "reject")
    lab.publish(queue, "b")
    return [seen, bodies(reader.deliveries(2))]


def a_lost_connection_counts(lab: Lab) -> Json:
    queue = lab.quorum("q", delivery_limit=1)
    lab.publish(queue, "a")
    seen = []
    for _ in range(2):
        reader = lab.connect().channel()
        reader.consume(queue)
        seen.append(brief(reader.deliveries(1)[0]))
        reader.connection.abort()
    return [seen, lab.count(queue, 0)]


def get_shows_the_counts_as_well(lab: Lab) -> Json:
    queue = lab.quorum()
    lab.publish(queue, "a")
    seen = []
    for _ in range(3):
        got = lab.drain(queue, 1, no_ack=False)[0]
        seen.append(brief(got))
        lab.ch.reject(got["delivery_tag"], requeue=True)
        lab.ch.call(c.Basic.Qos)
        lab.count(queue, 1)
    return seen


def returned_messages_go_first(lab: Lab) -> Json:
    queue = lab.quorum()
    lab.publish(queue, *"abcd")
    reader = lab.connect().channel()
    reader.call(c.Basic.Qos, prefetch_count=2)
    reader.consume(queue)
    reader.deliveries(2)
    reader.nack(1)
    reader.deliveries(3)
    reader.ack(2)
    return bodies(reader.deliveries(4))


def without_limit_a_nack_goes_to_the_tail(lab: Lab) -> Json:
    queue = lab.quorum("q", delivery_limit=-1)
    lab.publish(queue, *"abc")
    reader = lab.connect().channel()
    reader.get(queue)
    reader.nack(1)
    reader.call(c.Basic.Qos)
    lab.count(queue, 3)
    return bodies(lab.drain(queue, 3))


def without_limit_a_reject(lab: Lab) -> Json:
    queue = lab.quorum("q", delivery_limit=-1)
    lab.publish(queue, *"abc")
    reader = lab.connect().channel()
    reader.get(queue)
    reader.reject(1, requeue=True)
    reader.call(c.Basic.Qos)
    lab.count(queue, 3)
    return [brief(m) for m in lab.drain(queue, 3)]


def delayed_retry_of_failed_messages(lab: Lab) -> Json:
    queue = lab.quorum(
        "q", delayed_retry_type="failed", delayed_retry_min=60000, delivery_limit=5)  # fmt: skip
    lab.publish(queue, "rejected", "next")
    reader = lab.connect().channel()
    reader.consume(queue)
    reader.reject(reader.deliveries(2)[0]["delivery_tag"], requeue=True)
    reader.nack(2, requeue=True)
    return [[m["body"], m["redelivered"]] for m in reader.deliveries(3)]


def delayed_retry_of_all_comes_back_later(lab: Lab) -> Json:
    queue = lab.quorum("q", delayed_retry_type="all", delayed_retry_min=100, delivery_limit=5)
    lab.publish(queue, "a")
    reader = lab.connect().channel()
    reader.consume(queue)
    reader.reject(reader.deliveries(1)[0]["delivery_tag"], requeue=True)
    lab.publish(queue, "b")
    return [[m["body"], m["properties"]] for m in reader.deliveries(3)]


def delayed_retry_of_returned_messages(lab: Lab) -> Json:
    queue = lab.quorum(
        "q", delayed_retry_type="returned", delayed_retry_min=60000, delivery_limit=5)  # fmt: skip
    lab.publish(queue, "a", "b")
    reader = lab.connect().channel()
    reader.consume(queue)
    reader.deliveries(2)
    reader.nack(1, requeue=True)
    reader.reject(2, requeue=True)
    return [[m["body"], m["redelivered"]] for m in reader.deliveries(3)]


def dead_letters_of_a_quorum_queue(lab: Lab) -> Json:
    dead = lab.queue("dead")
    queue = lab.quorum("q", dead_letter_exchange="", dead_letter_routing_key=dead)
    lab.publish(queue, "a", headers={"mine": 1})
    got = lab.drain(queue, 1, no_ack=False)[0]
    lab.ch.reject(got["delivery_tag"], requeue=False)
    return [brief(m) for m in lab.drain(dead, 1)]


def dead_letters_after_a_return_keep_the_counts(lab: Lab) -> Json:
    dead = lab.queue("dead")
    queue = lab.quorum("q", dead_letter_exchange="", dead_letter_routing_key=dead)
    lab.publish(queue, "a")
    reader = lab.connect().channel()
    reader.consume(queue)
    _bounce(reader, 2, "reject")
    reader.reject(reader.deliveries(3)[-1]["delivery_tag"], requeue=False)
    return [brief(m) for m in lab.drain(dead, 1)]


def failures_are_counted_on_in_the_queue_of_the_dead_letters(lab: Lab) -> Json:
    dead = lab.quorum("dead", delivery_limit=2)
    queue = lab.quorum("q", delivery_limit=0, dead_letter_exchange="", dead_letter_routing_key=dead)
    lab.publish(queue, "a")
    first, second = lab.connect().channel(), lab.connect().channel()
    first.consume(queue)
    _bounce(first, 1, "reject")
    second.consume(dead)
    seen = _bounce(second, 2, "reject")
    return [seen, lab.count(dead, 0), len(second.delivered())]


def who_is_at_the_limit_has_no_turn(lab: Lab) -> Json:
    queue = lab.quorum("q")
    full, free = lab.connect().channel(), lab.connect().channel()
    full.call(c.Basic.Qos, prefetch_count=2)
    full.consume(queue)
    lab.publish(queue, "a", "b")
    tag = full.deliveries(2)[0]["delivery_tag"]
    free.consume(queue)
    full.reject(tag, requeue=True)
    return [bodies(free.deliveries(1)), bodies(full.delivered())]


def purge_and_delete_report_counts(lab: Lab) -> Json:
    queue = lab.quorum()
    lab.publish(queue, *"abc")
    lab.count(queue, 3)
    purged = lab.plain(lab.ch.call(c.Queue.Purge, queue=queue))
    lab.publish(queue, *"de")
    lab.count(queue, 2)
    return [purged, lab.plain(lab.ch.call(c.Queue.Delete, queue=queue))]


def exclusive_consumers_of_a_quorum_queue(lab: Lab) -> Json:
    queue = lab.quorum()
    lab.connect().channel().consume(queue, "one", exclusive=True)
    return lab.tries(lambda ch: ch.consume(queue, "two"))


def if_empty_if_unused(lab: Lab) -> Json:
    queue = lab.quorum()
    return {
        flag: lab.tries(lambda ch, f=flag: ch.call(c.Queue.Delete, queue=queue, **{f: True}))
        for flag in ("if_empty", "if_unused")
    }


def an_unacked_get_counts_as_a_consumer(lab: Lab) -> Json:
    queue = lab.quorum()
    lab.publish(queue, "a", "b")
    lab.ch.get(queue)
    lab.count(queue, 1)
    return lab.ch.declare(queue, passive=True).consumer_count
