"""Consumers: tags, prefetch, exclusive, cancel, priorities, single active consumer, get."""

from __future__ import annotations

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab, bodies, brief
from tests.burrow.wire import Channel, Json


def a_used_consumer_tag_closes_the_connection(lab: Lab) -> Json:
    queue = lab.queue()
    return lab.tries(lambda ch: ch.consume(queue, "one"), lambda ch: ch.consume(queue, "one"))


def the_same_tag_on_two_channels_is_fine(lab: Lab) -> Json:
    queue, connection = lab.queue(), lab.connect()
    return [connection.channel().consume(queue, "one") for _ in range(2)]


def server_names_consumers(lab: Lab) -> Json:
    queue = lab.queue()
    return lab.ch.consume(queue)


def cancelling_an_unknown_tag_is_fine(lab: Lab) -> Json:
    return lab.tries(lambda ch: ch.call(c.Basic.Cancel, consumer_tag="nobody"))


def exclusive_consumer_keeps_others_out(lab: Lab) -> Json:
    queue = lab.queue()
    owner = lab.connect().channel()
    owner.consume(queue, "me", exclusive=True)
    return {
        "second": lab.tries(lambda ch: ch.consume(queue)),
        "second exclusive": lab.tries(lambda ch: ch.consume(queue, exclusive=True)),
        "get": lab.tries(lambda ch: ch.get(queue)),
    }


def exclusive_consumer_on_a_used_queue(lab: Lab) -> Json:
    queue = lab.queue()
    lab.ch.consume(queue)
    return lab.tries(lambda ch: ch.consume(queue, exclusive=True))


def prefetch_holds_back_until_an_ack(lab: Lab) -> Json:
    queue = lab.queue()
    lab.publish(queue, *"abcde")
    reader = lab.connect().channel()
    reader.call(c.Basic.Qos, prefetch_count=2)
    reader.consume(queue)
    first = bodies(reader.deliveries(2))
    left = lab.count(queue, 3)
    reader.ack(1)
    return [first, left, bodies(reader.deliveries(3)), lab.count(queue, 2)]


def prefetch_counts_for_new_consumers_only(lab: Lab) -> Json:
    first, second = lab.queue("first"), lab.queue("second")
    for queue in (first, second):
        lab.publish(queue, *"abc")
    reader = lab.connect().channel()
    reader.call(c.Basic.Qos, prefetch_count=1)
    reader.consume(first, "one")
    reader.call(c.Basic.Qos, prefetch_count=2)
    reader.consume(second, "two")
    reader.deliveries(3)
    return [lab.count(first, 2), lab.count(second, 1)]


def prefetch_counts_per_consumer_even_when_global_is_asked(lab: Lab) -> Json:
    queue = lab.queue()
    lab.publish(queue, *"abcdef")
    reader = lab.connect().channel()
    reply = lab.plain(reader.call(c.Basic.Qos, prefetch_count=2, global_=True))
    reader.consume(queue, "one")
    reader.consume(queue, "two")
    reader.deliveries(4)
    return [reply, lab.count(queue, 2)]


def prefetch_size_is_not_implemented(lab: Lab) -> Json:
    return lab.tries(lambda ch: ch.call(c.Basic.Qos, prefetch_size=1))


def get_ignores_prefetch_and_counts_what_is_left(lab: Lab) -> Json:
    queue = lab.queue()
    lab.publish(queue, *"abc")
    reader = lab.connect().channel()
    reader.call(c.Basic.Qos, prefetch_count=1)
    seen = [reader.get(queue) for _ in range(4)]
    return [[m["body"], m["left"], m["delivery_tag"]] if m else None for m in seen]


def no_ack_ignores_prefetch(lab: Lab) -> Json:
    queue = lab.queue()
    lab.publish(queue, *"abc")
    reader = lab.connect().channel()
    reader.call(c.Basic.Qos, prefetch_count=1)
    reader.consume(queue, no_ack=True)
    return [bodies(reader.deliveries(3)), lab.count(queue, 0)]


def consumer_priority_goes_first(lab: Lab) -> Json:
    queue = lab.queue()
    low, high = lab.connect().channel(), lab.connect().channel()
    for reader, priority in ((low, 1), (high, 10)):
        reader.call(c.Basic.Qos, prefetch_count=2)
        reader.consume(queue, arguments={"x-priority": priority})
    lab.publish(queue, *"abc")
    return [bodies(low.deliveries(1)), bodies(high.deliveries(2))]


def consumer_arguments(lab: Lab) -> Json:
    classic, quorum = lab.queue("classic"), lab.quorum("quorum")
    cases: dict[str, dict[str, str | int | bool]] = {
        "priority text": {"x-priority": "high"}, "priority negative": {"x-priority": -5},
        "unknown": {"x-nobody-knows": 1}, "stream offset": {"x-stream-offset": "first"},
    }  # fmt: skip
    return {
        f"{kind}: {case}": lab.tries(lambda ch, q=q, a=a: bool(ch.consume(q, "t", arguments=a)))
        for case, a in cases.items()
        for kind, q in (("classic", classic), ("quorum", quorum))
    }


def single_active_consumer_passes_on(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-single-active-consumer": True})
    first, second = lab.connect().channel(), lab.connect().channel()
    first.consume(queue, "one")
    second.consume(queue, "two")
    lab.publish(queue, "a", "b")
    seen = [bodies(first.deliveries(2)), bodies(second.delivered())]
    first.connection.abort()
    return [seen, [(m["body"], m["redelivered"]) for m in second.deliveries(2)]]


def single_active_consumer_on_quorum_passes_on(lab: Lab) -> Json:
    queue = lab.quorum("q", single_active_consumer=True)
    first, second = lab.connect().channel(), lab.connect().channel()
    first.consume(queue, "one")
    second.consume(queue, "two")
    lab.publish(queue, "a", "b")
    seen = [bodies(first.deliveries(2)), bodies(second.delivered())]
    first.ack(1)
    first.call(c.Basic.Cancel, consumer_tag="one")
    lab.publish(queue, "c")
    seen.append(bodies(second.deliveries(1)))
    first.close()
    return [seen, sorted(bodies(second.deliveries(2)))]


def _challenged(lab: Lab) -> tuple[str, Channel, Channel]:
    """A queue whose active consumer holds "a", while one of a higher priority waits."""
    queue = lab.quorum("q", single_active_consumer=True)
    low, high = lab.connect().channel(), lab.connect().channel()
    low.consume(queue, "low")
    lab.publish(queue, "a")
    low.deliveries(1)
    high.consume(queue, "high", arguments={"x-priority": 5})
    return queue, low, high


def single_active_consumer_on_quorum_gives_way_to_a_higher_priority(lab: Lab) -> Json:
    queue, low, high = _challenged(lab)
    seen = [bodies(low.deliveries(1))]
    lab.publish(queue, "b")  # for neither: the low one still holds a message
    seen += [bodies(low.delivered()), bodies(high.delivered())]
    low.ack(1)
    seen.append(bodies(high.deliveries(1)))
    return seen


def single_active_consumer_on_quorum_comes_back_when_the_higher_leaves(lab: Lab) -> Json:
    queue, low, high = _challenged(lab)
    seen = [bodies(low.deliveries(1))]
    high.call(c.Basic.Cancel, consumer_tag="high")
    lab.publish(queue, "b")
    seen.append(bodies(low.delivered()))
    low.ack(1)
    seen.append(bodies(low.deliveries(2)))
    return seen


def single_active_consumer_refuses(lab: Lab) -> Json:
    classic = lab.queue("classic", {"x-single-active-consumer": True})
    quorum = lab.quorum("quorum", single_active_consumer=True)
    return {
        f"{kind} {act}": lab.tries(do)
        for kind, queue in (("classic", classic), ("quorum", quorum))
        for act, do in (
            ("get", lambda ch, q=queue: ch.get(q)),
            ("exclusive", lambda ch, q=queue: ch.consume(q, "t", exclusive=True)),
        )
    }


def a_message_for_a_waiting_consumer_is_delivered_in_publish_order(lab: Lab) -> Json:
    queue = lab.queue()
    reader = lab.connect().channel()
    reader.consume(queue, "me")
    lab.publish(queue, *"abcdefgh")
    return [[m["delivery_tag"], m["body"]] for m in reader.deliveries(8)]


def properties_arrive_as_sent(lab: Lab) -> Json:
    queue = lab.queue()
    lab.publish(
        queue,
        "x",
        content_type="text/plain",
        content_encoding="utf-8",
        delivery_mode=2,
        priority=7,
        correlation_id="c",
        reply_to="r",
        expiration="60000",
        message_id="m",
        message_type="t",
        user_id="guest",
        app_id="a",
        cluster_id="old",
        headers={
            "n": 1,
            "big": 2**40,
            "s": "ü",
            "none": None,
            "list": [1, "a", {"k": [True]}],
            "d": 1.5,
            "t": {"x": {"y": 1}},
            "bytes": bytearray(b"\xff"),
        },
    )
    return brief(lab.drain(queue, 1)[0])


def own_messages_are_delivered_though_no_local(lab: Lab) -> Json:
    queue = lab.queue()
    ch = lab.ch
    ch.consume(queue, "me", no_local=True, no_ack=True)
    ch.publish(queue, "mine")
    return bodies(ch.deliveries(1))


def declare_counts_the_consumers_of_a_single_active_consumer_queue(lab: Lab) -> Json:
    seen = {}
    for kind in ("classic", "quorum"):
        queue = lab.queue(kind, {"x-single-active-consumer": True, "x-queue-type": kind})
        for tag in "ab":
            lab.ch.consume(queue, kind + tag)
        seen[kind] = lab.ch.declare(queue, passive=True).consumer_count
    return seen
