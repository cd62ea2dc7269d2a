"""The five classic patterns as the lessons teach them: work queue to RPC."""

from __future__ import annotations

from pamqp import commands as c

from tests.burrow.goldens.lab import Lab, bodies, brief
from tests.burrow.wire import Json


def hello_world(lab: Lab) -> Json:
    queue = lab.quorum("hello")
    lab.publish(queue, "Hello World!")
    reader = lab.ch.connection.channel()
    tag = reader.consume(queue, "receiver", no_ack=True)
    return [tag, [brief(m) for m in reader.deliveries(1)]]


def work_queue_deals_in_turn(lab: Lab) -> Json:
    queue = lab.queue("task_queue")
    workers = [lab.connect().channel() for _ in range(2)]
    for worker in workers:
        worker.consume(queue, no_ack=True)
    lab.publish(queue, *"abcdef")
    return [bodies(worker.deliveries(3)) for worker in workers]


def fair_dispatch_leaves_the_busy_worker_alone(lab: Lab) -> Json:
    queue = lab.quorum("task_queue")
    busy, idle = lab.connect().channel(), lab.connect().channel()
    for worker in (busy, idle):
        worker.call(c.Basic.Qos, prefetch_count=1)
    busy.consume(queue)
    lab.publish(queue, "long")
    busy.deliveries(1)
    idle.consume(queue)
    for number, task in enumerate("abc", 1):
        lab.publish(queue, task)
        idle.ack(idle.deliveries(number)[-1]["delivery_tag"])
    return [bodies(busy.delivered()), bodies(idle.delivered())]


def a_killed_workers_task_goes_to_the_other(lab: Lab) -> Json:
    queue = lab.quorum("task_queue")
    doomed, other = lab.connect(), lab.connect().channel()
    first = doomed.channel()
    first.consume(queue)
    lab.publish(queue, "task")
    seen = [brief(m) for m in first.deliveries(1)]
    other.consume(queue)
    doomed.abort()
    return [seen, [brief(m) for m in other.deliveries(1)]]


def pubsub_copies_to_every_queue(lab: Lab) -> Json:
    logs = lab.exchange("logs", "fanout")
    queues = []
    for _ in range(2):
        queues.append(lab.ch.own_queue())
        lab.ch.bind(queues[-1], logs)
    lab.publish("ignored", "info: hi", exchange=logs)
    return [[brief(m) for m in lab.drain(queue, 1)] for queue in queues]


def pubsub_loses_what_nobody_hears(lab: Lab) -> Json:
    logs = lab.exchange("logs", "fanout")
    lab.publish("", "before", exchange=logs)
    queue = lab.ch.own_queue()
    lab.ch.bind(queue, logs)
    lab.publish("", "after", exchange=logs)
    return lab.bodies(queue, 1)


def routing_by_severity(lab: Lab) -> Json:
    logs = lab.exchange("direct_logs", "direct")
    all_of_them, errors = lab.ch.own_queue(), lab.ch.own_queue()
    for severity in ("info", "warning", "error"):
        lab.ch.bind(all_of_them, logs, severity)
    lab.ch.bind(errors, logs, "error")
    for severity in ("info", "error", "debug", "warning", "Error"):
        lab.publish(severity, severity, exchange=logs)
    return [lab.bodies(all_of_them, 3), lab.bodies(errors, 1)]


def topics_match_words(lab: Lab) -> Json:
    keys = ["quick.orange.rabbit", "lazy.orange.elephant", "quick.orange.fox", "lazy.brown.fox",
            "lazy.pink.rabbit", "quick.brown.fox", "orange", "quick.orange.new.rabbit", "lazy",
            "lazy.orange.new.rabbit", "", ".", "a..b", "ab.c", "lazy."]  # fmt: skip
    patterns = ["*.orange.*", "*.*.rabbit", "lazy.#", "#", "*", "#.rabbit", "a.*.b", "a.#.b", "ab*",
                "", "*.*", "#.*", "*.#", "#.orange.#", "lazy", "..", "a..b"]  # fmt: skip
    logs = lab.exchange("topic_logs", "topic")
    found: dict[str, list[str]] = {}
    for number, pattern in enumerate(patterns):
        lab.ch.bind(lab.queue(f"q{number}"), logs, pattern)
    for key in keys:
        lab.publish(key, "key:" + key, exchange=logs)
    for number, pattern in enumerate(patterns):
        queue = lab.named[number + 1]
        expected = lab.ch.declare(queue, passive=True).message_count or 0
        found[pattern] = lab.bodies(queue, expected)
    return found


def topic_message_arrives_once_though_two_bindings_match(lab: Lab) -> Json:
    logs, queue = lab.exchange("topic_logs", "topic"), lab.queue()
    for pattern in ("lazy.#", "*.*.rabbit"):
        lab.ch.bind(queue, logs, pattern)
    lab.publish("lazy.pink.rabbit", "once", exchange=logs)
    return lab.bodies(queue, 1)


def a_third_hash_in_a_topic_binding_is_refused(lab: Lab) -> Json:
    logs, queue = lab.exchange("topic_logs", "topic"), lab.queue()
    return {
        key: lab.tries(lambda ch, key=key: ch.bind(queue, logs, key))
        for key in ("#.#", "#.a.#.b.#", "#a.#b.#.#c", "##.#.##")
    }


def rpc_with_an_exclusive_reply_queue(lab: Lab) -> Json:
    requests = lab.quorum("rpc_queue")
    server = lab.connect().channel()
    server.call(c.Basic.Qos, prefetch_count=1)
    server.consume(requests)
    client = lab.connect().channel()
    replies = client.own_queue()
    client.consume(replies, no_ack=True)
    client.publish(requests, "30", reply_to=replies, correlation_id="42")
    request = server.deliveries(1)[0]
    answer = str(int(request["body"]) * 2)
    server.publish(request["properties"]["reply_to"], answer,
                   correlation_id=request["properties"]["correlation_id"])  # fmt: skip
    server.ack(request["delivery_tag"])
    return [brief(request), [brief(m) for m in client.deliveries(1)]]


def rpc_with_direct_reply_to(lab: Lab) -> Json:
    requests = lab.queue("rpc_queue")
    client = lab.connect().channel()
    client.consume("amq.rabbitmq.reply-to", "me", no_ack=True)
    client.publish(requests, "30", reply_to="amq.rabbitmq.reply-to", correlation_id="42")
    request = lab.drain(requests, 1)[0]
    address = request["properties"]["reply_to"]
    probe = lab.tries(lambda ch: ch.declare(address, passive=True))
    lab.publish(address, "60", correlation_id="42")
    return [brief(request), probe, [brief(m) for m in client.deliveries(1)]]
