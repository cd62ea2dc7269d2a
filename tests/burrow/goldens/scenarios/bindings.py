"""Bindings: between exchanges, twice, wrong ends, unbinding, CC and BCC."""

from __future__ import annotations

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab, brief
from tests.burrow.wire import Json


def binding_twice_delivers_once(lab: Lab) -> Json:
    exchange, queue = lab.exchange(), lab.queue()
    for _ in range(2):
        lab.ch.bind(queue, exchange, "k")
    lab.publish("k", "one", exchange=exchange)
    seen = lab.bodies(queue, 1)
    lab.ch.call(c.Queue.Unbind, queue=queue, exchange=exchange, routing_key="k")
    lab.publish("k", "two", exchange=exchange)
    return [seen, lab.bodies(queue, 0)]


def wrong_ends(lab: Lab) -> Json:
    exchange, queue, none = lab.exchange(), lab.queue(), lab.name("none")
    bind, unbind, xbind, xunbind = c.Queue.Bind, c.Queue.Unbind, c.Exchange.Bind, c.Exchange.Unbind
    cases = {
        "bind: no exchange": (bind, {"queue": queue, "exchange": none}),
        "bind: no queue": (bind, {"queue": none, "exchange": exchange}),
        "bind: neither": (bind, {"queue": none, "exchange": none}),
        "bind: default exchange": (bind, {"queue": queue, "exchange": ""}),
        "unbind: no exchange": (unbind, {"queue": queue, "exchange": none}),
        "unbind: no queue": (unbind, {"queue": none, "exchange": exchange}),
        "unbind: never bound": (unbind, {"queue": queue, "exchange": exchange, "routing_key": "z"}),
        "unbind: default exchange": (unbind, {"queue": queue, "exchange": ""}),
        "exchange bind: no source": (xbind, {"destination": exchange, "source": none}),
        "exchange bind: no destination": (xbind, {"destination": none, "source": exchange}),
        "exchange bind: default": (xbind, {"destination": "", "source": exchange}),
        "exchange bind: from default": (xbind, {"destination": exchange, "source": ""}),
        "exchange unbind: never bound": (xunbind, {"destination": exchange, "source": "amq.topic"}),
        "exchange unbind: none": (xunbind, {"destination": none, "source": exchange}),
    }
    return {k: lab.tries(lambda ch, m=m, f=f: ch.call(m, **f)) for k, (m, f) in cases.items()}


def empty_queue_name_means_the_last_declared(lab: Lab) -> Json:
    exchange = lab.exchange()
    queue = lab.queue()
    lab.ch.bind("", exchange, "")
    lab.publish(queue, "by the queue's name", exchange=exchange)
    return {
        "bound with": [brief(m) for m in lab.drain(queue, 1)],
        "nothing declared": {
            "bind": lab.tries(lambda ch: ch.bind("", exchange, "k")),
            "get": lab.tries(lambda ch: ch.get("")),
            "consume": lab.tries(lambda ch: ch.consume("")),
            "delete": lab.tries(lambda ch: ch.call(c.Queue.Delete, queue="")),
            "purge": lab.tries(lambda ch: ch.call(c.Queue.Purge, queue="")),
        },
    }


def exchange_to_exchange_uses_each_ones_rule(lab: Lab) -> Json:
    first, second = lab.exchange("first", "topic"), lab.exchange("second", "direct")
    queue = lab.queue()
    lab.ch.call(c.Exchange.Bind, destination=second, source=first, routing_key="#")
    lab.ch.bind(queue, second, "a.b")
    for key in ("a.b", "a.c"):
        lab.publish(key, key, exchange=first)
    return [brief(m) for m in lab.drain(queue, 1)]


def exchanges_bound_in_a_circle_deliver_once(lab: Lab) -> Json:
    first, second, queue = (
        lab.exchange("first", "fanout"),
        lab.exchange("second", "fanout"),
        lab.queue(),
    )
    lab.ch.call(c.Exchange.Bind, destination=second, source=first)
    lab.ch.call(c.Exchange.Bind, destination=first, source=second)
    lab.ch.bind(queue, first)
    lab.ch.bind(queue, second)
    lab.publish("", "once", exchange=first)
    return lab.bodies(queue, 1)


def bindings_die_with_their_exchange(lab: Lab) -> Json:
    exchange, queue = lab.exchange(), lab.queue()
    lab.ch.bind(queue, exchange, "k")
    lab.ch.call(c.Exchange.Delete, exchange=exchange)
    lab.ch.exchange(exchange)
    lab.publish("k", "lost", exchange=exchange)
    return lab.bodies(queue, 0)


def bindings_that_differ_in_arguments_are_two(lab: Lab) -> Json:
    exchange, queue = lab.exchange("x", "direct"), lab.queue()
    lab.ch.bind(queue, exchange, "k", arguments={"n": 1})
    lab.ch.bind(queue, exchange, "k", arguments={"n": 2})
    lab.ch.call(c.Queue.Unbind, queue=queue, exchange=exchange, routing_key="k", arguments={"n": 1})
    lab.publish("k", "still there", exchange=exchange)
    seen = lab.bodies(queue, 1)
    lab.ch.call(c.Queue.Unbind, queue=queue, exchange=exchange, routing_key="k", arguments={"n": 2})
    lab.publish("k", "gone", exchange=exchange)
    return [seen, lab.bodies(queue, 0)]


def cc_stays_visible_and_bcc_does_not(lab: Lab) -> Json:
    queues = [lab.queue(name) for name in ("to", "cc", "bcc")]
    to, copy, blind = queues
    lab.publish(to, "x", headers={"CC": [copy], "BCC": [blind, copy], "other": 1})
    return [[brief(m) for m in lab.drain(queue, 1)] for queue in queues]


def cc_must_be_an_array(lab: Lab) -> Json:
    queue = lab.queue()
    return {
        "text": lab.tries(lambda ch: ch.publish(queue, "x", headers={"CC": queue})),
        "bcc": lab.tries(lambda ch: ch.publish(queue, "x", headers={"BCC": 4})),
        "numbers inside": lab.tries(lambda ch: ch.publish(queue, "x", headers={"CC": [1, 2]})),
    }


def exclusive_queue_of_another_connection(lab: Lab) -> Json:
    queue = lab.queue("mine", exclusive=True, durable=False)
    lab.ch.bind(queue, "amq.direct", "k")
    acts = {
        "declare": lambda ch: ch.declare(queue, exclusive=True),
        "passive": lambda ch: ch.declare(queue, passive=True),
        "bind": lambda ch: ch.bind(queue, "amq.direct", "z"),
        "unbind": lambda ch: ch.call(
            c.Queue.Unbind, queue=queue, exchange="amq.direct", routing_key="k"
        ),
        "consume": lambda ch: ch.consume(queue),
        "get": lambda ch: ch.get(queue),
        "purge": lambda ch: ch.call(c.Queue.Purge, queue=queue),
        "delete": lambda ch: ch.call(c.Queue.Delete, queue=queue),
        "publish": lambda ch: ch.publish(queue, "allowed"),
    }
    seen = {name: lab.tries(act) for name, act in acts.items()}
    return [seen, lab.bodies(queue, 1)]


def unbinding_nothing_from_anothers_exclusive_queue_is_fine(lab: Lab) -> Json:
    queue = lab.queue("mine", exclusive=True, durable=False)
    lab.ch.bind(queue, "amq.direct", "k")
    return {
        key: lab.tries(lambda ch, k=key: ch.call(
            c.Queue.Unbind, queue=queue, exchange="amq.direct", routing_key=k))
        for key in ("z", "k")
    }  # fmt: skip
