"""Publishing: confirms, returns and their order, limits, sizes, user ids, transactions."""

from __future__ import annotations

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab, bodies, brief
from tests.burrow.wire import Channel, Json


def confirms_are_counted_per_channel(lab: Lab) -> Json:
    queue = lab.queue()
    first, second = lab.confirming(), lab.confirming()
    for publisher in (first, second, first):
        publisher.confirmed(queue, "x")
    return [first.events, second.events]


def confirm_select_twice_goes_on_counting(lab: Lab) -> Json:
    queue, publisher = lab.queue(), lab.confirming()
    publisher.confirmed(queue, "a")
    publisher.call(c.Confirm.Select)
    publisher.confirmed(queue, "b")
    return publisher.events


def unroutable_is_acked(lab: Lab) -> Json:
    publisher = lab.confirming()
    publisher.confirmed("nowhere", "x")
    return publisher.events


def mandatory_returns_before_the_ack(lab: Lab) -> Json:
    publisher = lab.confirming()
    publisher.confirmed("nowhere", "x", mandatory=True, correlation_id="7", headers={"a": 1})
    return publisher.events


def mandatory_without_confirms(lab: Lab) -> Json:
    publisher = lab.connect().channel()
    publisher.publish("nowhere", "x", mandatory=True)
    publisher.wait(lambda: publisher.events)
    return publisher.events


def mandatory_that_is_routed_is_not_returned(lab: Lab) -> Json:
    queue, publisher = lab.queue(), lab.confirming()
    publisher.confirmed(queue, "x", mandatory=True)
    return publisher.events


def immediate_is_not_implemented(lab: Lab) -> Json:
    queue = lab.queue()
    return lab.tries(lambda ch: ch.publish(queue, "x", immediate=True))


def user_id_must_be_the_users(lab: Lab) -> Json:
    queue = lab.queue()
    return [
        lab.tries(lambda ch: ch.publish(queue, "x", user_id="somebody")),
        lab.tries(lambda ch: ch.publish(queue, "x", user_id="guest")),
        lab.bodies(queue, 1),
    ]


def a_body_over_frame_max_is_split_and_joined(lab: Lab) -> Json:
    queue = lab.queue()
    small = lab.connect(frame_max=8192)
    publisher = lab.confirming(small)
    publisher.confirmed(queue, "0123456789" * 5000)
    reader = small.channel()
    got = reader.get(queue)
    assert got
    return [publisher.events, len(got["body"]), got["body"] == "0123456789" * 5000]


def an_empty_body_is_a_message(lab: Lab) -> Json:
    queue = lab.queue()
    lab.publish(queue, "")
    return [brief(m) for m in lab.drain(queue, 1)]


def a_body_over_the_limit_is_refused(lab: Lab) -> Json:
    queue = lab.queue()
    return lab.tries(lambda ch: ch.publish(queue, b"x" * (16 * 1024 * 1024 + 1)))


def bad_expirations_close_the_channel(lab: Lab) -> Json:
    queue = lab.queue()
    cases = ["", "abc", "-1", "1.5", "4294967296", "4294967295", "0", "1e3", " 5", "+7", "007"]
    return {e: lab.tries(lambda ch, e=e: ch.publish(queue, "x", expiration=e)) for e in cases}


def publishing_after_a_channel_error_is_ignored_until_close_ok(lab: Lab) -> Json:
    queue, none = lab.queue(), lab.name("none")
    publisher = lab.connect().channel()
    publisher.publish("k", "bad", exchange=none)
    publisher.publish(queue, "ignored")
    return [publisher.fate(), lab.bodies(queue, 0)]


def _tx(lab: Lab) -> Channel:
    made = lab.connect().channel()
    made.call(c.Tx.Select)
    return made


def tx_publishes_on_commit_only(lab: Lab) -> Json:
    queue, channel = lab.queue(), _tx(lab)
    channel.publish(queue, "a")
    channel.call(c.Basic.Qos)
    before = lab.count(queue, 0)
    channel.call(c.Tx.Commit)
    return [before, lab.bodies(queue, 1)]


def tx_rollback_forgets_publishes_and_acks(lab: Lab) -> Json:
    queue, other, channel = lab.queue(), lab.queue("other"), _tx(lab)
    lab.publish(queue, "a", "b")
    channel.get(queue)
    channel.publish(other, "x")
    channel.ack(1)
    channel.call(c.Tx.Rollback)
    channel.ack(1)
    again = lab.plain(channel.call(c.Tx.Commit))
    channel.close()
    return [again, lab.bodies(other, 0), lab.bodies(queue, 1)]


def tx_acks_wait_for_commit(lab: Lab) -> Json:
    queue, channel = lab.queue(), _tx(lab)
    lab.publish(queue, "a", "b", "c")
    for _ in range(3):
        channel.get(queue)
    channel.ack(1)
    channel.nack(2, requeue=True)
    channel.call(c.Basic.Qos)
    before = lab.count(queue, 0)
    channel.call(c.Tx.Commit)
    after = lab.count(queue, 1)
    channel.connection.close()
    return [before, after, lab.bodies(queue, 2)]


def tx_misuse(lab: Lab) -> Json:
    def tx(ch: Channel) -> Json:
        return ch.call(c.Tx.Select)

    def confirm(ch: Channel) -> Json:
        return ch.call(c.Confirm.Select)

    return {
        "commit": lab.tries(lambda ch: ch.call(c.Tx.Commit)),
        "rollback": lab.tries(lambda ch: ch.call(c.Tx.Rollback)),
        "confirm after tx": lab.tries(tx, confirm),
        "tx after confirm": lab.tries(confirm, tx),
        "select twice": lab.tries(tx, tx),
    }  # fmt: skip


def tx_returns_come_before_commit_ok(lab: Lab) -> Json:
    channel = _tx(lab)
    channel.publish("nowhere", "x", mandatory=True)
    channel.call(c.Basic.Qos)
    before = list(channel.events)
    channel.call(c.Tx.Commit)
    return [before, channel.events]


def tx_unknown_tag_fails_at_once(lab: Lab) -> Json:
    return lab.tries(lambda ch: ch.call(c.Tx.Select), lambda ch: ch.ack(5))


def direct_reply_to_misuse(lab: Lab) -> Json:
    pseudo, queue = "amq.rabbitmq.reply-to", lab.queue()
    return {
        "with acks": lab.tries(lambda ch: ch.consume(pseudo)),
        "twice": lab.tries(
            lambda ch: ch.consume(pseudo, "a", no_ack=True),
            lambda ch: ch.consume(pseudo, "b", no_ack=True)),
        "publish before": lab.tries(lambda ch: ch.publish(queue, "x", reply_to=pseudo)),
        "declare": lab.tries(lambda ch: ch.declare(pseudo)),
        "declare passive": lab.tries(lambda ch: ch.declare(pseudo, passive=True)),
        "get": lab.tries(lambda ch: ch.get(pseudo)),
        "delete": lab.tries(lambda ch: ch.call(c.Queue.Delete, queue=pseudo)),
        "bind": lab.tries(lambda ch: ch.bind(pseudo, "amq.direct", "k")),
    }  # fmt: skip


def a_reply_to_a_gone_client_is_dropped(lab: Lab) -> Json:
    queue = lab.queue()
    client = lab.connect().channel()
    client.consume("amq.rabbitmq.reply-to", no_ack=True)
    client.publish(queue, "x", reply_to="amq.rabbitmq.reply-to")
    address = lab.drain(queue, 1)[0]["properties"]["reply_to"]
    client.connection.close()
    publisher = lab.confirming()
    publisher.confirmed(address, "late", mandatory=True)
    return [e if e["event"] == "confirm" else bodies([e]) for e in publisher.events]


def tx_commit_after_its_queue_was_deleted(lab: Lab) -> Json:
    seen = {}
    for kind in ("classic", "quorum"):
        queue = lab.queue(kind, {"x-queue-type": kind})
        seen[kind] = lab.tries(
            lambda ch: ch.call(c.Tx.Select),
            lambda ch, q=queue: ch.publish(q, "x"),
            lambda ch, q=queue: ch.call(c.Queue.Delete, queue=q),
            lambda ch: ch.call(c.Tx.Commit),
        )
    return seen


def tx_commit_into_a_full_queue(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-max-length": 1, "x-overflow": "reject-publish"})
    return lab.tries(
        lambda ch: ch.call(c.Tx.Select),
        lambda ch: [ch.publish(queue, body) for body in "ab"] and None,
        lambda ch: ch.call(c.Tx.Commit),
    )
