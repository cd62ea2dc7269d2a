"""Expiry of messages: per queue, per message, zero, behind others, and after a requeue."""

from __future__ import annotations

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab, bodies, brief
from tests.burrow.wire import Json


def queue_ttl_removes_messages(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-message-ttl": 100})
    lab.publish(queue, "a", "b")
    return lab.count(queue, 0)


def message_ttl_removes_a_message(lab: Lab) -> Json:
    queue = lab.queue()
    lab.publish(queue, "a", expiration="100")
    return lab.count(queue, 0)


def the_lower_ttl_wins(lab: Lab) -> Json:
    short, long = (
        lab.queue("short", {"x-message-ttl": 100}),
        lab.queue("long", {"x-message-ttl": 60000}),
    )
    lab.publish(short, "a", expiration="60000")
    lab.publish(long, "b", expiration="100")
    return [lab.count(short, 0), lab.count(long, 0)]


def a_short_ttl_waits_behind_a_long_one(lab: Lab) -> Json:
    queue, clock = lab.queue(), lab.queue("clock")
    lab.publish(queue, "long", expiration="60000")
    lab.publish(queue, "short", expiration="1")
    lab.publish(clock, "tick", expiration="150")
    lab.count(clock, 0)
    before = lab.count(queue, 2)
    first = lab.ch.get(queue, no_ack=True)
    return [before, brief(first), lab.count(queue, 0)]


def ttl_zero_reaches_a_waiting_consumer_only(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-message-ttl": 0})
    lab.publish(queue, "lost")
    empty = lab.ch.get(queue)
    reader = lab.connect().channel()
    reader.consume(queue)
    lab.publish(queue, "caught")
    return [empty, [brief(m) for m in reader.deliveries(1)]]


def expiration_zero_reaches_a_waiting_consumer_only(lab: Lab) -> Json:
    queue = lab.queue()
    lab.publish(queue, "lost", expiration="0")
    empty = lab.ch.get(queue)
    reader = lab.connect().channel()
    reader.consume(queue)
    lab.publish(queue, "caught", expiration="0")
    return [empty, [brief(m) for m in reader.deliveries(1)]]


def a_delivered_message_does_not_expire(lab: Lab) -> Json:
    queue, clock = (
        lab.queue("q", {"x-message-ttl": 150}),
        lab.queue("clock", {"x-message-ttl": 300}),
    )
    lab.publish(queue, "a")
    reader = lab.connect().channel()
    reader.get(queue)
    lab.publish(clock, "tick")
    lab.count(clock, 0)
    reader.ack(1)
    return lab.plain(reader.call(c.Basic.Qos))


def a_requeued_message_past_its_time_expires(lab: Lab) -> Json:
    queue, clock = (
        lab.queue("q", {"x-message-ttl": 150}),
        lab.queue("clock", {"x-message-ttl": 300}),
    )
    lab.publish(queue, "a")
    reader = lab.connect().channel()
    reader.get(queue)
    lab.publish(clock, "tick")
    lab.count(clock, 0)
    reader.nack(1, requeue=True)
    reader.call(c.Basic.Qos)
    return [lab.count(queue, 0), lab.ch.get(queue)]


def requeue_does_not_renew_a_ttl(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-message-ttl": 300})
    lab.publish(queue, "a")
    reader = lab.connect().channel()
    first = reader.get(queue)
    reader.nack(1, requeue=True)
    reader.call(c.Basic.Qos)
    return [brief(first), lab.count(queue, 0)]


def expiration_stays_on_a_delivered_message(lab: Lab) -> Json:
    queue = lab.queue()
    lab.publish(queue, "a", expiration="60000")
    return [brief(m) for m in lab.drain(queue, 1)]


def quorum_ttl_removes_and_dead_letters(lab: Lab) -> Json:
    dead = lab.queue("dead")
    queue = lab.quorum("q", message_ttl=100, dead_letter_exchange="", dead_letter_routing_key=dead)
    lab.publish(queue, "a", "b")
    return bodies(lab.drain(dead, 2))


def quorum_ttl_zero_reaches_a_waiting_consumer_only(lab: Lab) -> Json:
    queue = lab.quorum("q", message_ttl=0)
    reader = lab.connect().channel()
    reader.consume(queue)
    lab.publish(queue, "caught")
    return [brief(m) for m in reader.deliveries(1)]


def a_priority_queue_drops_expired_messages_late(lab: Lab) -> Json:
    """A message that expired behind another one, or before one of lower priority, may come."""
    seen = {}
    for case, low, high in (("low", None, "0"), ("high", "0", None), ("both", "0", "0")):
        queue = lab.queue(case, {"x-max-priority": 3})
        lab.publish(queue, "low", priority=0, expiration=low)
        lab.publish(queue, "high", priority=3, expiration=high)
        ready = lab.ch.declare(queue, passive=True).message_count
        first = lab.ch.get(queue, no_ack=True)
        left = lab.ch.declare(queue, passive=True).message_count
        seen[case] = [ready, first and first["body"], left]
    return seen


def a_requeue_looks_for_expired_messages_before_consumers(lab: Lab) -> Json:
    seen = {}
    for kind in ("classic", "quorum"):
        queue = lab.queue(kind, {"x-queue-type": kind, "x-message-ttl": 400})
        clock = lab.queue(kind + "clock", {"x-message-ttl": 600})
        holder, waiting = lab.connect().channel(), lab.connect().channel()
        lab.publish(queue, "late")
        holder.get(queue)
        waiting.consume(queue)
        lab.publish(clock, "tick")
        lab.count(clock, 0)
        holder.nack(1, requeue=True)
        holder.call(c.Basic.Qos)
        lab.publish(queue, "new")
        seen[kind] = [m["body"] for m in waiting.deliveries(1)]
    return seen


def a_requeue_delivers_before_it_holds_the_limit(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-length": 1})
    holder, waiting = lab.connect().channel(), lab.connect().channel()
    for body in "ab":
        lab.publish(queue, body)
        holder.get(queue)
    waiting.consume(queue)
    holder.nack(0, multiple=True)
    holder.call(c.Basic.Qos)
    lab.publish(queue, "new")
    return bodies(waiting.deliveries(3))
