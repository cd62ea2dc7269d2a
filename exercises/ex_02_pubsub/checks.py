"""Services are started, slowed down and killed; their files and frames tell who handled what."""

import json
from collections import Counter

import pytest

PLACES = ["stock", "loyalty", "fraud", "search", "invoices", "returns"]
THINGS = ["parcel", "order", "refund", "basket", "voucher", "invoice"]
DEEDS = ["placed", "paid", "packed", "sent", "cancelled", "late"]
A_DAY = 24 * 60 * 60 * 1000
LEAST = {"x-message-ttl": A_DAY, "x-expires": A_DAY, "x-max-length": 10_000}


def names(lab, count):
    """Service names that no program can know beforehand."""
    places = lab.random.sample(PLACES, count)
    return [f"{place}-{lab.random.randrange(100, 1000)}" for place in places]


def texts(lab, count):
    numbers = lab.random.sample(range(10_000, 100_000), count)
    return [f"{lab.random.choice(THINGS)} {n} {lab.random.choice(DEEDS)}" for n in numbers]


def start(lab, service, instance="", seconds=0.02):
    name = service + instance
    env = {"HANDLED_FILE": f"{name}.jsonl", "HANDLE_SECONDS": str(seconds)}
    return lab.start("service.py", service, name=name, env=env)


def stop(process):
    process.interrupt()
    if process.wait(3) is None:
        process.kill()


def handled(lab, *processes):
    """How often these processes have handled which event, by the files that they wrote."""
    lines = [
        line for process in processes for line in lab.file(f"{process.name}.jsonl").split("\n")
    ]
    return Counter(json.loads(line)["event"] for line in lines if line.endswith("}"))


def soon(lab, condition):
    """Whether it comes true before the wire has been silent for a while."""
    if not lab.eventually(condition, seconds=2):
        lab.quiet(1.5, limit=10)
    return condition()


def missing(lab, events, *processes):
    """What is not handled when nothing happens any more; nothing as soon as all is."""

    def left():
        return Counter(events) - handled(lab, *processes)

    soon(lab, lambda: not left())
    return list(left())


def publish(lab, events, routing_key=""):
    for event in events:
        lab.publish(event, exchange="events", routing_key=routing_key, delivery_mode=2)


def queues(lab, process):
    return {event.queue for event in lab.wire(method="basic.consume", process=process)}


def acked(lab, process):
    return [tag for e in lab.wire(method="basic.ack", process=process) for tag in e.delivery_tags]


def delivered(lab, process):
    return lab.wire(method="basic.deliver", process=process)


def ready(lab, *processes):
    """Wait until they consume; if one does not, say why."""
    for process in processes:
        lab.connected(process)
        begun = {"method": "basic.consume-ok", "process": process}
        lab.eventually(lambda p=process, b=begun: lab.wire(**b) or not p.alive, seconds=5)
        for event in lab.wire(method="queue.declare", process=process):
            did = f"We started {process.name} and looked at the queue that it declares."
            saw = f"The queue {event.queue!r} is neither durable nor exclusive."
            lab.expect(event.durable or event.exclusive, "transient-queue", did, saw)
        did = f"We started {process.name} and waited for its basic.consume."
        for event in lab.wire(method=("channel.close", "connection.close"), process=process):
            saw = f"The broker closed its channel: {event.reply_code} {event.reply_text}"
            lab.expect(event.reply_code != 404, "exchange-missing", did, saw, [event])
            finding = "listeners-share" if process.file == "receive_events.py" else "locked-queue"
            lab.expect(event.reply_code not in (403, 405), finding, did, saw, [event])
        saw = "No basic.consume came in five seconds."
        lab.expect(lab.consuming(process, seconds=1), "not-consuming", did, saw)
        bound = {"method": "queue.bind-ok", "process": process}
        lab.eventually(lambda b=bound: lab.wire(**b), seconds=1)


def emit(lab, events):
    """Let the learner's publisher announce events, and look at what it publishes."""
    finished = lab.run("emit_event.py", *events, seconds=20)
    did = f"We ran emit_event.py with {len(events)} arguments, an event each."
    published = lab.wire(method="basic.publish", process=finished.process)
    for event in published:
        saw = f"It published to the default exchange, with {event.routing_key!r} as routing key."
        lab.expect(event.exchange != "", "straight-to-queue", did, saw, [event])
        saw = f"It published to the exchange {event.exchange!r}."
        lab.expect(event.exchange == "events", "wrong-name", did, saw, [event])
    lab.crashed(finished.process)
    lab.expect(finished.code is not None, "did-not-stop", did, "It had not ended after 20 s.")
    saw = f"It published {len(published)} messages: {', '.join(repr(e.preview) for e in published)}"
    lab.expect(len(published) >= len(events), "one-event", did, saw, published)
    lab.expect(len(published) == len(events), "published-twice", did, saw, published)


@pytest.mark.task(1)
def test_every_service_gets_every_event(lab):
    one, two, late = names(lab, 3)
    first, second = start(lab, one), start(lab, two)
    ready(lab, first, second)
    morning = texts(lab, 3)
    morning.insert(1, morning[0])  # the same thing may happen twice
    emit(lab, morning)
    shared = queues(lab, first) & queues(lab, second)
    did = f"We started the services {one} and {two}."
    lab.expect(
        not shared, "shared-queue", did, f"Both consume from the queue {min(shared, default=0)!r}."
    )

    third = start(lab, late)
    ready(lab, third)
    noon, keyed = texts(lab, 2), texts(lab, 2)
    emit(lab, noon)
    publish(lab, keyed, routing_key=f"shop.{lab.random.choice(THINGS)}")
    for process, events in {first: morning + noon, second: morning + noon, third: noon}.items():
        if left := missing(lab, events + keyed, process):
            explain_missing(lab, process, left, keyed, morning[0])
        never_acked(lab, process)


def explain_missing(lab, process, left, keyed, twin):
    did = f"Events were published while the service {process.name} was running."
    saw = f"It has not handled {', '.join(map(repr, left))}."
    bound = lab.wire(method="queue.bind", process=process)
    lab.expect(bound, "not-bound", did, f"{saw} It never sent a queue.bind.")
    only = f"{saw} These had a routing key; the others, which came, had none."
    lab.expect(set(left) != set(keyed), "compares-keys", did, only)
    never_acked(lab, process)
    did_twin = f"We published {twin!r} twice, for it happened twice."
    lab.expect(left != [twin], "dropped-twin", did_twin, "The service has handled it once.")
    lab.crashed(process)
    lab.fail("event-missing", did, saw)


def never_acked(lab, process):
    if not any(event.auto_ack for event in lab.wire(method="basic.consume", process=process)):
        did = f"{process.name} was given {len(delivered(lab, process))} events."
        some = lab.eventually(lambda: acked(lab, process), seconds=1)
        lab.expect(some, "never-acks", did, "It has not acknowledged any of them.")


@pytest.mark.task(2)
def test_two_instances_share_the_copy_of_their_service(lab):
    name, other = names(lab, 2)
    one, two = start(lab, name, ".1", 0.04), start(lab, name, ".2", 0.04)
    alone = start(lab, other)
    ready(lab, one, two, alone)
    events = texts(lab, 12)
    publish(lab, events)
    left = missing(lab, events, one, two) + missing(lab, events, alone)
    lab.quiet()
    did = f"We started the service {name} twice and published {len(events)} events."
    counts = [handled(lab, process).total() for process in (one, two)]
    saw = f"One instance handled {counts[0]}, the other {counts[1]}."
    lab.expect(sum(counts) <= len(events), "queue-per-instance", did, saw)
    lab.expect(all(counts), "second-idle", did, saw)
    lab.expect(not left, "event-missing", did, f"Nobody handled {', '.join(map(repr, left))}.")


@pytest.mark.task(3)
def test_a_slow_instance_holds_nobody_back(lab):
    name, other = names(lab, 2)
    slow, quick = start(lab, name, ".slow", 30), start(lab, name, ".quick", 0.01)
    alone = start(lab, other)
    ready(lab, slow, quick, alone)
    events = texts(lab, 24)
    publish(lab, events)
    enough = soon(lab, lambda: handled(lab, quick).total() >= 18)
    did = f"We started {name} twice, once with 30 seconds of work for an event; 24 events came."
    if not enough:
        saw = f"{len(delivered(lab, slow))} events went to the slow instance, and wait there."
        subscribed = lab.wire(method="basic.consume", process=slow)
        saw_auto = f"{saw} It consumes with auto_ack, so no limit applies."
        lab.expect(not subscribed[0].auto_ack, "auto-ack", did, saw_auto, subscribed)
        early = acked(lab, slow) and not handled(lab, slow)
        saw_early = f"{saw} It has acknowledged {len(acked(lab, slow))}, and handled none."
        lab.expect(not early, "ack-before-work", did, saw_early)
        consumed = subscribed[0].number
        late = lab.wire(method="basic.qos", process=slow, after=consumed)
        lab.expect(not late, "prefetch-too-late", did, saw, late)
        lab.fail("no-prefetch", did, saw)
    left = missing(lab, events, alone)
    lab.expect(not left, "event-missing", did, f"The service {other} has not handled {len(left)}.")


@pytest.mark.task(4)
def test_a_crashed_service_has_lost_nothing(lab):
    (name,) = names(lab, 1)
    first = start(lab, name, ".1", 1)
    ready(lab, first)
    did = f"We started the service {name}."
    for event in lab.wire(method="basic.consume", process=first):
        saw = "It consumes with auto_ack: the broker forgets an event when it is sent."
        lab.expect(not event.auto_ack, "auto-ack", did, saw, [event])
    for event in lab.wire(method="queue.declare", process=first):
        for key, least in LEAST.items():
            given = (event.arguments or {}).get(key, least)
            saw = f"Its queue {event.queue!r} is declared with {key} = {given}."
            lab.expect(given >= least, "queue-forgets", did, saw, [event])
    queue = min(queues(lab, first))
    before, during, after = texts(lab, 3), texts(lab, 2), texts(lab, 2)
    publish(lab, before)
    lab.eventually(lambda: delivered(lab, first), seconds=5)
    early = lab.eventually(lambda: acked(lab, first), seconds=0.6) and not handled(lab, first)
    saw = "It acknowledged the event at once, before it had handled it."
    lab.expect(not early, "ack-before-work", "We gave it an event that takes a second.", saw)
    first.kill()
    lab.eventually(lambda: not (q := lab.queue(queue)) or not q.consumers, seconds=3)
    did = f"We killed {name} while it was working"
    saw = f"Its queue {queue!r} was deleted with all that was in it."
    lab.expect(lab.queue(queue), "queue-goes-with-service", f"{did}.", saw)

    publish(lab, during)
    second = start(lab, name, ".2")
    ready(lab, second)
    if left := missing(lab, before + during, first, second):
        done, told = handled(lab, first).total(), len(acked(lab, first))
        saw = f"It had acknowledged {told} events, and handled {done}."
        lab.expect(told <= done, "ack-before-work", f"{did}.", saw)
        explain_loss(lab, second, left, f"{did}, published, and started it again.")
    stop(second)
    publish(lab, after)
    third = start(lab, name, ".3")
    ready(lab, third)
    left = missing(lab, after, third)
    did = "We stopped the service with Ctrl-C, published, and started it again."
    lab.expect(not left, "leaves-politely", did, f"It never handled {', '.join(map(repr, left))}.")


def explain_loss(lab, process, left, did):
    saw = f"It never handled {', '.join(map(repr, left))}."
    swept = lab.wire(method=("queue.delete", "queue.purge"), process=process)
    lab.expect(not swept, "starts-clean", did, f"It emptied its queue first. {saw}", swept)
    again = [event for event in delivered(lab, process) if event.redelivered]
    seen = f"{saw} The broker did deliver this again."
    lab.expect(not {e.preview for e in again} & set(left), "skips-redelivered", did, seen, again)
    lab.fail("lost-in-crash", did, saw)


@pytest.mark.task(5)
def test_a_listener_sees_everything_and_leaves_nothing_behind(lab):
    one, two = (lab.start("receive_events.py", name=f"listener-{n}") for n in (1, 2))
    ready(lab, one, two)
    events = texts(lab, 4)
    publish(lab, events)
    seen = lambda process: {e.preview for e in delivered(lab, process)}  # noqa: E731
    both = soon(lab, lambda: seen(one) == seen(two) == set(events))
    did = f"We started two listeners and published {len(events)} events."
    saw = f"One listener got {len(seen(one))}, the other {len(seen(two))}."
    lab.expect(not queues(lab, one) & queues(lab, two), "listeners-share", did, saw)
    lab.expect(both, "listener-misses", did, saw)
    gone(lab, one, "pressed Ctrl-C in", stop, "listener-leaves-queue")
    gone(lab, two, "killed", lambda process: process.kill(), "cleans-up-by-hand")


def gone(lab, process, what, end, finding):
    """End a listener: the queues that it consumed from must go."""
    mine = queues(lab, process)
    end(process)
    lab.eventually(lambda: not any(map(lab.queue, mine)), seconds=3)
    left = [queue for queue in mine if lab.queue(queue)]
    saw = f"Three seconds later its queue {', '.join(left)} is still there."
    lab.expect(not left, finding, f"We {what} a listener.", saw)


@pytest.mark.task(6, needs=["restart"])
def test_events_survive_a_restart_of_the_broker(lab):
    (name,) = names(lab, 1)
    first = start(lab, name, ".1")
    ready(lab, first)
    stop(first)
    events = texts(lab, 3)
    emit(lab, events)
    did = "We looked at how your programs declare the exchange `events`."
    for event in lab.wire(method="exchange.declare", exchange="events"):
        lab.expect(event.durable, "transient-exchange", did, "It is not durable.", [event])
    lab.restart_broker()
    did = f"We published {len(events)} events for a stopped service, and restarted the broker."
    saw = "The exchange is gone, and the bindings with it."
    lab.expect(lab.exchange_exists("events"), "transient-exchange", did, saw)
    second = start(lab, name, ".2")
    ready(lab, second)
    left = missing(lab, events, second)
    saw = f"The service, started again, found {3 - len(left)} of them."
    lab.expect(not left, "transient-events", did, saw)
