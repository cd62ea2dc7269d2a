"""Dead letters: reasons, the x-death table, routing keys, cycles, missing exchanges."""

from __future__ import annotations

from typing import Any

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab, brief
from tests.burrow.wire import Json


def _pair(lab: Lab, **extra: Any) -> tuple[str, str]:
    """A queue whose dead letters go to a second one by the default exchange."""
    dead = lab.queue("dead")
    arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    return lab.queue(
        "q", {**arguments, **{f"x-{k.replace('_', '-')}": v for k, v in extra.items()}}
    ), dead


def _reject(lab: Lab, queue: str, count: int = 1) -> None:
    reader = lab.connect().channel()
    for _ in range(count):
        got = reader.get(queue)
        assert got
        reader.reject(got["delivery_tag"], requeue=False)
    reader.call(c.Basic.Qos)


def rejected(lab: Lab) -> Json:
    queue, dead = _pair(lab)
    lab.publish(queue, "a", headers={"mine": 1}, delivery_mode=1, correlation_id="7")
    _reject(lab, queue)
    return [brief(m) for m in lab.drain(dead, 1)]


def nacked_several_in_order(lab: Lab) -> Json:
    queue, dead = _pair(lab)
    lab.publish(queue, *"abcd")
    reader = lab.connect().channel()
    for _ in range(3):
        reader.get(queue)
    reader.nack(0, multiple=True, requeue=False)
    return lab.bodies(dead, 3)


def expired(lab: Lab) -> Json:
    queue, dead = _pair(lab, message_ttl=50)
    lab.publish(queue, "a")
    return [brief(m) for m in lab.drain(dead, 1)]


def expired_by_its_own_expiration_loses_it(lab: Lab) -> Json:
    queue, dead = _pair(lab)
    lab.publish(queue, "a", expiration="50")
    return [brief(m) for m in lab.drain(dead, 1)]


def pushed_out_by_a_length_limit(lab: Lab) -> Json:
    queue, dead = _pair(lab, max_length=1)
    lab.publish(queue, "a", "b")
    return [[brief(m) for m in lab.drain(dead, 1)], lab.bodies(queue, 1)]


def rejected_by_a_full_queue(lab: Lab) -> Json:
    queue, dead = _pair(lab, max_length=1, overflow="reject-publish-dlx")
    publisher = lab.confirming()
    for body in "ab":
        publisher.confirmed(queue, body)
    return [publisher.events, [brief(m) for m in lab.drain(dead, 1)], lab.bodies(queue, 1)]


def beyond_the_delivery_limit(lab: Lab) -> Json:
    dead = lab.queue("dead")
    queue = lab.quorum("q", delivery_limit=2, dead_letter_exchange="", dead_letter_routing_key=dead)
    lab.publish(queue, "a")
    seen = []
    reader = lab.connect().channel()
    reader.consume(queue)
    for number in (1, 2, 3):
        got = reader.deliveries(number)[-1]
        seen.append(brief(got))
        reader.reject(got["delivery_tag"], requeue=True)
    return [seen, [brief(m) for m in lab.drain(dead, 1)]]


def the_routing_key_is_kept_unless_replaced(lab: Lab) -> Json:
    exchange, dead = lab.exchange("dlx", "topic"), lab.queue("dead")
    lab.ch.bind(dead, exchange, "#")
    source = lab.exchange("x", "fanout")
    kept = lab.queue("kept", {"x-dead-letter-exchange": exchange})
    new = lab.queue(
        "new", {"x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": "new.key"}
    )
    seen = []
    for queue in (kept, new):
        lab.ch.bind(queue, source)
        lab.publish("old.key", "a", exchange=source)
        _reject(lab, queue)
        seen.append([brief(m) for m in lab.drain(dead, 1)])
        lab.ch.call(c.Queue.Unbind, queue=queue, exchange=source)
    return seen


def the_routing_keys_list_has_cc_but_no_bcc(lab: Lab) -> Json:
    queue, dead = _pair(lab)
    lab.publish(queue, "a", headers={"CC": ["other", "more"], "BCC": ["secret"]})
    _reject(lab, queue)
    return [brief(m) for m in lab.drain(dead, 1)]


def cc_stays_when_the_routing_key_is_kept(lab: Lab) -> Json:
    exchange, dead = lab.exchange("dlx", "direct"), lab.queue("dead")
    lab.ch.bind(dead, exchange, "copy")
    queue = lab.queue("q", {"x-dead-letter-exchange": exchange})
    lab.publish(queue, "a", headers={"CC": ["copy"]})
    _reject(lab, queue)
    return [brief(m) for m in lab.drain(dead, 1)]


def twice_through_the_same_queue_counts(lab: Lab) -> Json:
    queue, dead = lab.name("q"), lab.name("dead")
    to = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    back = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue, "x-message-ttl": 30}
    lab.ch.declare(queue, durable=True, arguments=to)
    lab.ch.declare(dead, durable=True, arguments=back)
    lab.publish(queue, "a")
    seen = []
    for _ in range(3):
        got = lab.drain(queue, 1, no_ack=False)[0]
        seen.append(brief(got))
        lab.ch.reject(got["delivery_tag"], requeue=False)
    return seen


def a_cycle_without_rejection_is_dropped(lab: Lab) -> Json:
    name = lab.name("q")
    arguments = {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": name,
        "x-message-ttl": 50,
    }
    lab.ch.declare(name, durable=True, arguments=arguments)
    lab.publish(name, "a")
    return [lab.count(name, 0), lab.ch.get(name)]


def a_rejected_message_may_return_to_its_own_queue(lab: Lab) -> Json:
    name = lab.name("q")
    arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": name}
    lab.ch.declare(name, durable=True, arguments=arguments)
    lab.publish(name, "a")
    _reject(lab, name, 1)
    return [brief(m) for m in lab.drain(name, 1)]


def a_missing_dead_letter_exchange_drops(lab: Lab) -> Json:
    queue = lab.queue("q", {"x-dead-letter-exchange": lab.name("missing")})
    lab.publish(queue, "a", "b")
    _reject(lab, queue)
    return lab.bodies(queue, 1)


def a_clients_own_x_death_is_no_history(lab: Lab) -> Json:
    queue, dead = _pair(lab)
    fake = [{"queue": "q", "reason": "rejected", "count": 5, "exchange": "", "routing-keys": ["k"]}]
    lab.publish(queue, "a", headers={"x-death": fake, "x-first-death-queue": "mine"})
    _reject(lab, queue)
    return [brief(m) for m in lab.drain(dead, 1)]


def purged_and_deleted_messages_do_not_dead_letter(lab: Lab) -> Json:
    queue, dead = _pair(lab)
    lab.publish(queue, "a", "b")
    lab.ch.call(c.Queue.Purge, queue=queue)
    lab.publish(queue, "c")
    lab.ch.call(c.Queue.Delete, queue=queue)
    return lab.bodies(dead, 0)


def the_dead_letter_exchange_may_copy(lab: Lab) -> Json:
    exchange = lab.exchange("dlx", "fanout")
    first, second = lab.queue("first"), lab.queue("second")
    for each in (first, second):
        lab.ch.bind(each, exchange)
    queue = lab.queue("q", {"x-dead-letter-exchange": exchange})
    lab.publish(queue, "a")
    _reject(lab, queue)
    return [[brief(m) for m in lab.drain(each, 1)] for each in (first, second)]


def a_dead_letter_through_two_queues_has_two_entries(lab: Lab) -> Json:
    last = lab.queue("last")
    middle = lab.queue("middle", {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": last,
                                  "x-message-ttl": 30})  # fmt: skip
    queue = lab.queue("q", {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": middle})
    lab.publish(queue, "a")
    _reject(lab, queue)
    return [brief(m) for m in lab.drain(last, 1)]


def deaths_by_a_publish_come_after_its_copies(lab: Lab) -> Json:
    """The copy for the second queue expires before the first queue's dead letter gets there."""
    second = lab.queue("second")
    first = lab.queue("first", {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": second})
    lab.publish(first, "a", expiration="0", headers={"CC": [second]})
    return [brief(m) for m in lab.drain(second, 1)]


def a_key_that_is_also_blind_leaves_the_routing_keys_once(lab: Lab) -> Json:
    queue, dead = _pair(lab)
    lab.publish(queue, "a", headers={"CC": ["other"], "BCC": [queue]})
    _reject(lab, queue)
    return [brief(m) for m in lab.drain(dead, 1)]


def redelivered_after_a_reject_and_a_nack(lab: Lab) -> Json:
    """A dead letter is marked as redelivered when its deliveries failed, by the source's count."""
    seen = {}
    for kind in ("classic", "quorum"):
        for first, last in (("reject", "nack"), ("nack", "nack"), ("nack", "reject")):
            case = f"{kind}, {first}, {last}"
            dead = lab.queue("dead " + case)
            arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
            queue = lab.queue(case, {"x-queue-type": kind, **arguments})
            lab.publish(queue, "a")
            for how, requeue in ((first, True), (last, False)):
                tag = lab.drain(queue, 1, no_ack=False)[0]["delivery_tag"]
                lab.ch.reject(tag, requeue=requeue) if how == "reject" else lab.ch.nack(
                    tag, requeue=requeue
                )
            got = lab.drain(dead, 1)[0]
            seen[case] = [got["redelivered"], sorted(got["properties"]["headers"])]
    return seen


def a_dead_letter_that_meets_a_waiting_consumer(lab: Lab) -> Json:
    queue, dead = _pair(lab)
    waiting = lab.connect().channel()
    waiting.consume(dead)
    lab.publish(queue, "a")
    _reject(lab, queue)
    return waiting.deliveries(1)[0]["redelivered"]
