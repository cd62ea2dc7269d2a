"""Acknowledgements: tags, multiple, requeue position, recover, what happens when a channel dies."""

from __future__ import annotations

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab, bodies, brief
from tests.burrow.wire import Channel, Json


def _filled(lab: Lab, count: int = 6) -> str:
    queue = lab.queue()
    lab.publish(queue, *"abcdefgh"[:count])
    return queue


def unknown_tags_close_the_channel(lab: Lab) -> Json:
    queue = _filled(lab)

    def get(ch: Channel) -> Json:
        return ch.get(queue)

    return {
        "ack never": lab.tries(lambda ch: ch.ack(1)),
        "nack never": lab.tries(lambda ch: ch.nack(7)),
        "reject never": lab.tries(lambda ch: ch.reject(7, requeue=True)),
        "ack twice": lab.tries(get, lambda ch: ch.ack(1), lambda ch: ch.ack(1)),
        "multiple beyond": lab.tries(get, lambda ch: ch.ack(5, multiple=True)),
        "multiple zero of none": lab.tries(lambda ch: ch.ack(0, multiple=True)),
        "nack multiple zero of none": lab.tries(lambda ch: ch.nack(0, multiple=True)),
        "zero without multiple": lab.tries(lambda ch: ch.ack(0)),
        "no-ack get": lab.tries(lambda ch: ch.get(queue, no_ack=True), lambda ch: ch.ack(1)),
        "multiple twice": lab.tries(
            get, lambda ch: ch.ack(1, multiple=True), lambda ch: ch.ack(1, multiple=True)),
    }  # fmt: skip


def a_tag_belongs_to_its_channel(lab: Lab) -> Json:
    queue = _filled(lab, 1)
    first, second = lab.connect().channel(), lab.connect().channel()
    first.get(queue)
    second.ack(1)
    fate = second.fate()
    first.ack(1)
    return [fate, lab.plain(first.call(c.Basic.Qos)), lab.count(queue, 0)]


def a_bad_ack_returns_the_channels_messages(lab: Lab) -> Json:
    queue = _filled(lab, 2)
    reader = lab.connect().channel()
    reader.get(queue)
    reader.ack(9)
    return [reader.fate(), lab.count(queue, 2), [brief(m) for m in lab.drain(queue, 2)]]


def multiple_acks_everything_up_to_its_tag(lab: Lab) -> Json:
    queue = _filled(lab)
    reader = lab.connect().channel()
    for _ in range(5):
        reader.get(queue)
    reader.nack(2, requeue=False)
    reader.ack(4, multiple=True)
    reader.call(c.Basic.Qos)
    reader.close()
    return [(m["body"], m["redelivered"]) for m in lab.drain(queue, 2)]


def multiple_zero_means_all(lab: Lab) -> Json:
    queue = _filled(lab)
    reader = lab.connect().channel()
    for _ in range(3):
        reader.get(queue)
    reader.nack(0, multiple=True, requeue=True)
    reader.call(c.Basic.Qos)
    return [(m["body"], m["redelivered"]) for m in lab.drain(queue, 6)]


def requeued_messages_return_to_their_old_place(lab: Lab) -> Json:
    queue = _filled(lab)
    reader = lab.connect().channel()
    for _ in range(5):
        reader.get(queue)
    for tag in (4, 2):
        reader.reject(tag, requeue=True)
    reader.nack(1)
    reader.call(c.Basic.Qos)
    return [(m["body"], m["redelivered"]) for m in lab.drain(queue, 4)]


def a_closed_channel_returns_its_messages_in_order(lab: Lab) -> Json:
    queue = _filled(lab)
    reader = lab.connect().channel()
    reader.call(c.Basic.Qos, prefetch_count=4)
    reader.consume(queue)
    reader.deliveries(4)
    reader.ack(2)
    reader.deliveries(5)
    reader.close()
    lab.count(queue, 5)
    return [(m["body"], m["redelivered"]) for m in lab.drain(queue, 5)]


def a_lost_connection_returns_unacked_not_unread(lab: Lab) -> Json:
    queue = _filled(lab, 3)
    reader = lab.connect().channel()
    reader.call(c.Basic.Qos, prefetch_count=2)
    reader.consume(queue)
    reader.deliveries(2)
    reader.connection.abort()
    lab.count(queue, 3)
    return [(m["body"], m["redelivered"]) for m in lab.drain(queue, 3)]


def cancel_keeps_what_was_delivered(lab: Lab) -> Json:
    queue = _filled(lab, 3)
    reader = lab.connect().channel()
    reader.call(c.Basic.Qos, prefetch_count=2)
    reader.consume(queue, "me")
    reader.deliveries(2)
    reader.call(c.Basic.Cancel, consumer_tag="me")
    before = lab.count(queue, 1)
    reader.ack(1)
    reader.nack(2)
    reader.call(c.Basic.Qos)
    return [before, [(m["body"], m["redelivered"]) for m in lab.drain(queue, 2)]]


def recover_with_requeue(lab: Lab) -> Json:
    queue = _filled(lab, 3)
    reader = lab.connect().channel()
    reader.get(queue)
    reader.get(queue)
    reply = lab.plain(reader.call(c.Basic.Recover, requeue=True))
    return [reply, [(m["body"], m["redelivered"]) for m in lab.drain(queue, 3)]]


def recover_to_a_consumer_uses_new_tags(lab: Lab) -> Json:
    queue = _filled(lab, 2)
    reader = lab.connect().channel()
    reader.consume(queue, "me")
    reader.deliveries(2)
    reader.call(c.Basic.Recover, requeue=True)
    keys = ("body", "delivery_tag", "redelivered", "consumer_tag")
    return [[m[k] for k in keys] for m in reader.deliveries(4)]


def recover_without_requeue(lab: Lab) -> Json:
    queue = _filled(lab, 1)
    return {
        "recover": lab.tries(
            lambda ch: ch.get(queue), lambda ch: ch.call(c.Basic.Recover, requeue=False)),
        "recover-async": lab.tries(
            lambda ch: ch.get(queue), lambda ch: ch.send(c.Basic.RecoverAsync, requeue=False)),
        "recover-async requeue": lab.tries(
            lambda ch: ch.get(queue), lambda ch: ch.send(c.Basic.RecoverAsync, requeue=True)),
    }  # fmt: skip


def reject_without_requeue_drops(lab: Lab) -> Json:
    queue = _filled(lab, 2)
    reader = lab.connect().channel()
    reader.get(queue)
    reader.reject(1, requeue=False)
    reader.call(c.Basic.Qos)
    return lab.bodies(queue, 1)


def acks_of_a_deleted_queue_are_harmless(lab: Lab) -> Json:
    queue = _filled(lab, 2)
    reader = lab.connect().channel()
    reader.get(queue)
    lab.ch.call(c.Queue.Delete, queue=queue)
    reader.ack(1)
    return lab.plain(reader.call(c.Basic.Qos))


def quorum_returns_come_before_ready_messages(lab: Lab) -> Json:
    queue = lab.quorum()
    lab.publish(queue, *"abcde")
    reader = lab.connect().channel()
    for _ in range(4):
        reader.get(queue)
    for tag in (3, 1):
        reader.nack(tag)
    reader.call(c.Basic.Qos)
    lab.count(queue, 3)
    return bodies(lab.drain(queue, 3))


def a_dying_connections_channels_do_not_serve_each_other(lab: Lab) -> Json:
    queue = lab.quorum()
    lab.publish(queue, "a", "b")
    dying, heir = lab.connect(), lab.connect().channel()
    first, second = dying.channel(), dying.channel()
    first.consume(queue, "one")
    first.deliveries(2)
    second.consume(queue, "two")
    heir.consume(queue, "three")
    second.send(c.Basic.Qos, prefetch_size=1)
    return [second.fate(), second.events, [brief(m) for m in heir.deliveries(2)]]
