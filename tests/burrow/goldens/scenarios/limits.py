"""Queue limits: length, bytes, overflow modes, and priorities of messages."""

from __future__ import annotations

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab, bodies
from tests.burrow.wire import Json


def max_length_drops_the_oldest(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-length": 2})
    lab.publish(queue, *"abcd")
    return lab.bodies(queue, 2)


def max_length_zero_keeps_nothing(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-length": 0})
    publisher = lab.confirming()
    publisher.confirmed(queue, "a", mandatory=True)
    return [publisher.events, lab.bodies(queue, 0)]


def max_length_bytes_counts_bodies(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-length-bytes": 10})
    lab.publish(queue, "aaaaa", "bbbbb", "ccc")
    return lab.bodies(queue, 2)


def max_length_bytes_of_a_quorum_queue_counts_properties_too(lab: Lab) -> Json:
    queue = lab.quorum("q", max_length_bytes=12)
    lab.publish(queue, "aaaa", "bbbb", "cccc")  # 4 bytes and 2 of flags
    plain = lab.bodies(queue, 2)
    lab.publish(queue, "dddd", "eeee", priority=4)  # and one more
    return [plain, lab.bodies(queue, 1)]


def max_length_bytes_of_a_quorum_queue_leaves_out_the_history_of_dead_letters(lab: Lab) -> Json:
    dead = lab.quorum("dead", max_length_bytes=12)
    to = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    lab.publish(lab.queue("q", {"x-message-ttl": 0, **to}), "aaaa", "bbbb", "cccc")
    return lab.bodies(dead, 2)


def a_body_larger_than_max_length_bytes(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-length-bytes": 4})
    lab.publish(queue, "ab", "abcdefgh")
    return lab.bodies(queue, 0)


def the_lower_limit_counts(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-length": 3, "x-max-length-bytes": 4})
    lab.publish(queue, "aa", "bb", "cc", "d")
    return lab.bodies(queue, 2)


def unacked_messages_do_not_count(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-length": 2})
    reader = lab.connect().channel()
    lab.publish(queue, "a", "b")
    reader.get(queue)
    reader.get(queue)
    lab.publish(queue, "c", "d", "e")
    return lab.bodies(queue, 2)


def a_requeue_over_the_limit_drops(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-length": 2})
    reader = lab.connect().channel()
    lab.publish(queue, "a", "b")
    reader.get(queue)
    lab.publish(queue, "c")
    reader.nack(1, requeue=True)
    reader.call(c.Basic.Qos)
    return lab.bodies(queue, 2)


def reject_publish_nacks(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-length": 1, "x-overflow": "reject-publish"})
    publisher = lab.confirming()
    for body in "abc":
        publisher.confirmed(queue, body)
    return [publisher.events, lab.bodies(queue, 1)]


def one_full_queue_of_two_nacks_but_the_other_gets_it(lab: Lab) -> Json:
    exchange = lab.exchange("x", "fanout")
    full, free = (
        lab.queue("full", {"x-max-length": 1, "x-overflow": "reject-publish"}),
        lab.queue("free"),
    )
    for queue in (full, free):
        lab.ch.bind(queue, exchange)
    publisher = lab.confirming()
    for body in "ab":
        publisher.confirmed("", body, exchange=exchange)
    return [publisher.events, lab.bodies(full, 1), lab.bodies(free, 2)]


def quorum_max_length_drops_the_oldest(lab: Lab) -> Json:
    queue = lab.quorum("q", max_length=2)
    lab.publish(queue, *"abcd")
    lab.count(queue, 2)
    return lab.bodies(queue, 2)


def classic_priorities(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-priority": 5})
    for body, priority in (
        ("none", None),
        ("low", 1),
        ("high", 5),
        ("more", 9),
        ("low2", 1),
        ("zero", 0),
    ):
        lab.publish(queue, body, priority=priority)
    return [m["body"] for m in lab.drain(queue, 6)]


def classic_priority_requeue_keeps_its_place(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-priority": 5})
    for body, priority in (("a1", 1), ("b3", 3), ("c1", 1), ("d3", 3)):
        lab.publish(queue, body, priority=priority)
    reader = lab.connect().channel()
    for _ in range(3):
        reader.get(queue)
    reader.nack(0, multiple=True)
    reader.call(c.Basic.Qos)
    return bodies(lab.drain(queue, 4))


def quorum_priorities_are_strict(lab: Lab) -> Json:
    queue = lab.quorum()
    given = (
        ("none", None),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("max", 31),
        ("over", 200),
        ("zero", 0),
    )
    for body, priority in given:
        lab.publish(queue, body, priority=priority)
    return bodies(lab.drain(queue, 7))


def max_length_with_priorities_drops_the_lowest(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-priority": 5, "x-max-length": 2})
    for body, priority in (("low", 1), ("high", 5), ("mid", 3)):
        lab.publish(queue, body, priority=priority)
    return bodies(lab.drain(queue, 2))
