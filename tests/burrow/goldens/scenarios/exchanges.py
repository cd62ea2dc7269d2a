"""Exchanges: kinds, equivalence, reserved names, deletion, internal, alternate, headers."""

from __future__ import annotations

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab, brief
from tests.burrow.wire import Json


def predeclared_exchanges_exist(lab: Lab) -> Json:
    names = [
        "amq.direct",
        "amq.fanout",
        "amq.topic",
        "amq.headers",
        "amq.match",
        "amq.rabbitmq.trace",
        "",
    ]
    return {n: lab.tries(lambda ch, n=n: ch.exchange(n, "direct", passive=True)) for n in names}


def passive_declare_ignores_everything_but_the_name(lab: Lab) -> Json:
    name = lab.exchange("x", "topic", durable=True)
    return lab.tries(lambda ch: ch.exchange(name, "fanout", passive=True, internal=True))


def passive_declare_of_a_missing_exchange(lab: Lab) -> Json:
    name = lab.name("missing")
    return lab.tries(lambda ch: ch.exchange(name, passive=True))


def inequivalent_redeclaration(lab: Lab) -> Json:
    name = lab.exchange("x", "direct", durable=True)
    wrong = {
        "same": {"durable": True},
        "kind": {"kind": "fanout", "durable": True},
        "durable": {},
        "auto_delete": {"durable": True, "auto_delete": True},
        "internal": {"durable": True, "internal": True},
        "arguments": {"durable": True, "arguments": {"alternate-exchange": "other"}},
        "unknown argument": {"durable": True, "arguments": {"x-mine": 1}},
    }
    return {k: lab.tries(lambda ch, f=f: ch.exchange(name, **f)) for k, f in wrong.items()}


def reserved_names_and_unknown_kinds(lab: Lab) -> Json:
    name = lab.name("x")
    return {
        "amq. name": lab.tries(lambda ch: ch.exchange("amq.mine")),
        "default declared": lab.tries(lambda ch: ch.exchange("")),
        "default deleted": lab.tries(lambda ch: ch.call(c.Exchange.Delete, exchange="")),
        "amq. deleted": lab.tries(lambda ch: ch.call(c.Exchange.Delete, exchange="amq.topic")),
        "amq.direct as it is": lab.tries(lambda ch: ch.exchange("amq.direct", durable=True)),
        "unknown kind": lab.tries(lambda ch: ch.exchange(name, "x-nothing")),
        "empty kind": lab.tries(lambda ch: ch.exchange(name, "")),
    }


def names_with_line_ends(lab: Lab) -> Json:
    name = lab.name("x")
    lab.ch.exchange(name + "\r\ny", durable=True)
    return {
        "stripped": lab.tries(lambda ch: ch.exchange(name + "y", passive=True)),
        "as given": lab.tries(lambda ch: ch.exchange(name + "\r\ny", passive=True)),
        "deleted": lab.tries(lambda ch: ch.call(c.Exchange.Delete, exchange=name + "\ny")),
        "gone": lab.tries(lambda ch: ch.exchange(name + "y", passive=True)),
    }


def deleting_a_missing_exchange_is_fine(lab: Lab) -> Json:
    name = lab.name("missing")
    return lab.tries(lambda ch: ch.call(c.Exchange.Delete, exchange=name))


def if_unused_refuses_a_bound_exchange(lab: Lab) -> Json:
    exchange, queue = lab.exchange(), lab.queue()
    lab.ch.bind(queue, exchange, "k")
    delete = {"exchange": exchange, "if_unused": True}
    refused = lab.tries(lambda ch: ch.call(c.Exchange.Delete, **delete))
    lab.ch.call(c.Queue.Unbind, queue=queue, exchange=exchange, routing_key="k")
    return [refused, lab.tries(lambda ch: ch.call(c.Exchange.Delete, **delete))]


def auto_delete_waits_for_the_last_binding(lab: Lab) -> Json:
    exchange, queue = lab.exchange("x", auto_delete=True), lab.queue()
    seen = [lab.tries(lambda ch: ch.exchange(exchange, passive=True))]
    for key in "ab":
        lab.ch.bind(queue, exchange, key)
    for key in "ab":
        lab.ch.call(c.Queue.Unbind, queue=queue, exchange=exchange, routing_key=key)
        seen.append(lab.tries(lambda ch: ch.exchange(exchange, passive=True)))
    return seen


def auto_delete_goes_with_the_deleted_queue(lab: Lab) -> Json:
    exchange, queue = lab.exchange("x", auto_delete=True), lab.queue()
    lab.ch.bind(queue, exchange, "a")
    lab.ch.bind(queue, exchange, "b")
    lab.ch.call(c.Queue.Delete, queue=queue)
    return lab.tries(lambda ch: ch.exchange(exchange, passive=True))


def publishing_to_an_internal_exchange(lab: Lab) -> Json:
    inner, outer, queue = (
        lab.exchange("inner", "fanout", internal=True),
        lab.exchange("outer"),
        lab.queue(),
    )
    lab.ch.bind(queue, inner)
    lab.ch.call(c.Exchange.Bind, destination=inner, source=outer, routing_key="k")
    lab.publish("k", "through", exchange=outer)
    return [
        lab.tries(lambda ch: ch.publish("k", "x", exchange=inner)),
        [brief(m) for m in lab.drain(queue, 1)],
    ]


def publishing_to_a_missing_exchange(lab: Lab) -> Json:
    name = lab.name("missing")
    return lab.tries(lambda ch: ch.publish("k", "x", exchange=name))


def alternate_exchange_takes_the_unroutable(lab: Lab) -> Json:
    spare, queue = lab.exchange("spare", "fanout"), lab.queue()
    exchange = lab.exchange("x", "direct", arguments={"alternate-exchange": spare})
    lab.ch.bind(queue, spare)
    publisher = lab.confirming()
    publisher.confirmed("nowhere", "lost?", exchange=exchange, mandatory=True)
    return [publisher.events, [brief(m) for m in lab.drain(queue, 1)]]


def alternate_exchange_that_is_missing_means_unroutable(lab: Lab) -> Json:
    exchange = lab.exchange("x", arguments={"alternate-exchange": lab.name("missing")})
    publisher = lab.confirming()
    publisher.confirmed("nowhere", "lost", exchange=exchange, mandatory=True)
    return publisher.events


def alternate_exchanges_in_a_circle_end(lab: Lab) -> Json:
    first, second = lab.name("first"), lab.name("second")
    lab.ch.exchange(first, arguments={"alternate-exchange": second})
    lab.ch.exchange(second, arguments={"alternate-exchange": first})
    publisher = lab.confirming()
    publisher.confirmed("nowhere", "round", exchange=first, mandatory=True)
    return publisher.events


def alternate_exchange_must_be_a_string(lab: Lab) -> Json:
    name = lab.name("x")
    return lab.tries(lambda ch: ch.exchange(name, arguments={"alternate-exchange": 5}))


def headers_exchange_matches(lab: Lab) -> Json:
    exchange = lab.exchange("h", "headers")
    bindings = {
        "all": {"x-match": "all", "a": 1, "b": "x"},
        "any": {"x-match": "any", "a": 1, "b": "x"},
        "default": {"a": 1},
        "empty": {},
        "any of none": {"x-match": "any"},
        "with x ignored": {"x-match": "all", "a": 1, "x-foo": "y"},
        "all-with-x": {"x-match": "all-with-x", "a": 1, "x-foo": "y"},
        "any-with-x": {"x-match": "any-with-x", "x-foo": "y"},
        "presence": {"a": None},
        "bool": {"flag": True},
    }
    queues = {}
    for name, arguments in bindings.items():
        queues[name] = lab.queue(name)
        lab.ch.bind(queues[name], exchange, "", arguments=arguments)
    messages = {
        "a": {"a": 1},
        "a other": {"a": 2},
        "a as text": {"a": "1"},
        "b": {"b": "x"},
        "both": {"a": 1, "b": "x", "c": 3},
        "none": {},
        "a and x": {"a": 1, "x-foo": "y"},
        "x": {"x-foo": "y"},
        "flag": {"flag": True},
        "a as double": {"a": 1.0},
        "long a": {"a": 2**40},
    }
    for body, headers in messages.items():
        lab.publish("any", body, exchange=exchange, headers=headers)
    counts = {n: lab.ch.declare(q, passive=True).message_count or 0 for n, q in queues.items()}
    return {name: lab.bodies(queue, counts[name]) for name, queue in queues.items()}


def headers_binding_with_a_bad_x_match(lab: Lab) -> Json:
    exchange, queue = lab.exchange("h", "headers"), lab.queue()
    bad: list[dict[str, str | int]] = [{"x-match": "some"}, {"x-match": 7}]
    return [lab.tries(lambda ch, a=a: ch.bind(queue, exchange, "", arguments=a)) for a in bad]
