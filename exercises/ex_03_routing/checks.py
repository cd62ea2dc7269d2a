"""Lines of random severities are published; files and frames tell who got which, and how often."""

import json
from collections import Counter

import pytest

WORDS = ["debug", "info", "notice", "warning", "error", "alert", "fatal", "trace"]
PLACES = ["disk", "fan", "door", "lamp", "pump", "belt"]
NAMES = ["screen", "pager", "desk", "printer", "siren"]
TOPOLOGY = ("queue.declare", "queue.bind", "queue.unbind", "queue.delete")


def names(lab, count):
    """Receivers' names that no program can know beforehand."""
    return [f"{name}-{lab.random.randrange(100, 1000)}" for name in lab.random.sample(NAMES, count)]


def severities(lab, count):
    """One that nobody has heard of, then words of the field."""
    return [f"level{lab.random.randrange(10, 100)}", *lab.random.sample(WORDS, count - 1)]


def lines(lab, severity, count=2):
    numbers = lab.random.sample(range(10**6), count)
    return [f"{severity}:{lab.random.choice(PLACES)} {number}" for number in numbers]


def start(lab, script, *args, name=""):
    name = name or (args[0] if args else script.removesuffix(".py"))
    process = lab.start(script, *args, name=name, env={"KEEP_FILE": f"{name}.jsonl"})
    process.keys = set(args[1:])
    return process


def kept(lab, *processes):
    """How often these processes have kept which line, by the files that they wrote."""
    written = "".join(lab.file(f"{process.name}.jsonl") for process in processes)
    entries = [json.loads(line) for line in written.split("\n") if line.endswith("}")]
    return Counter(f"{entry['severity']}:{entry['text']}" for entry in entries)


def missing(lab, expected, *processes):
    """What is not kept when nothing happens any more; nothing as soon as all is."""

    def left():
        return Counter(expected) - kept(lab, *processes)

    if not lab.eventually(lambda: not left(), seconds=2):
        lab.quiet(1.5, limit=10)
    return list(left())


def beyond(lab, expected, *processes):
    """What these processes have kept, and should not have, or not so often."""

    def given():
        sent = [e for one in processes for e in lab.wire(method="basic.deliver", process=one)]
        return len([event for event in sent if event.exchange != "control"])

    lab.eventually(lambda: kept(lab, *processes).total() >= given(), seconds=0.5)
    return list(kept(lab, *processes) - Counter(expected))


def listed(found):
    return ", ".join(map(repr, found))


def text_of(line):
    return line.partition(":")[2]


def delivered(lab, process, about):
    """The deliveries to the process that carry one of these lines."""
    texts = [text_of(line) for line in about]
    given = lab.wire(method="basic.deliver", process=process)
    return [event for event in given if any(text in (event.preview or "") for text in texts)]


def queues(lab, *processes):
    used = (lab.wire(method="basic.consume", process=process) for process in processes)
    return {event.queue for events in used for event in events}


def acked(lab, process):
    return [tag for e in lab.wire(method="basic.ack", process=process) for tag in e.delivery_tags]


def explain_end(lab, process, did):
    """End the check if the broker has closed the program's channel, or a traceback its life."""
    for event in lab.wire(method=("channel.close", "connection.close"), process=process):
        saw = f"The broker closed its channel: {event.reply_code} {event.reply_text}"
        lab.expect(event.reply_code != 404, "exchange-missing", did, saw, [event])
        lab.expect(event.reply_code != 406, "settings-differ", did, saw, [event])
    returned = lab.wire(method="basic.return", process=process)
    crash = process.traceback()
    saw = f"A line came back, and the program ended with {crash[2] if crash else ''}"
    lab.expect(not (returned and crash), "return-not-caught", did, saw, returned)
    lab.crashed(process)


def ready(lab, *processes):
    """Wait until they consume; if one does not, say why."""
    for process in processes:
        lab.connected(process)
        begun = {"method": "basic.consume-ok", "process": process}
        lab.eventually(lambda p=process, b=begun: lab.wire(**b) or not p.alive, seconds=5)
        did = f"We started {process.file} and waited for its basic.consume."
        explain_end(lab, process, did)
        saw = "No basic.consume came in five seconds."
        lab.expect(lab.consuming(process, seconds=1), "not-consuming", did, saw)
    for process in processes:  # a program may have several consumers, and bind after the first
        found = {"method": "queue.bind", "process": process}
        lab.eventually(
            lambda p=process, f=found: p.keys <= {e.routing_key for e in lab.wire(**f)}, seconds=1
        )
    lab.quiet(0.3, limit=3)


def emit(lab, *groups):
    """Let the learner's publisher send lines, all in one go."""
    sent = [line for group in groups for line in group]
    finished = lab.run("emit_log.py", *sent, seconds=20)
    did = f"We ran emit_log.py with {len(sent)} log lines."
    explain_end(lab, finished.process, did)
    lab.expect(finished.code is not None, "did-not-stop", did, "It had not ended after 20 s.")
    lab.expect(finished.code == 0, "ended-early", did, f"It ended with exit code {finished.code}.")
    lab.quiet(0.1, limit=3)


@pytest.mark.task(1)
def test_each_receiver_keeps_the_severities_it_asked_for(lab):
    one, two = names(lab, 2)
    a, b, c, d = severities(lab, 4)
    first = start(lab, "receive_logs.py", one, a, b)
    second = start(lab, "receive_logs.py", two, b, c)
    ready(lab, first, second)
    of_b = [*lines(lab, b), f"{b}:door {lab.random.randrange(1000)}: open"]
    of_a, of_c, loud = lines(lab, a), lines(lab, c), lines(lab, b.capitalize())
    emit(lab, of_a, of_b, of_c, lines(lab, d), loud)
    for process, words, expected in ((first, (a, b), of_a + of_b), (second, (b, c), of_b + of_c)):
        did = f"We started a receiver for {words[0]} and {words[1]}, and sent lines of five kinds."
        left, extra = missing(lab, expected, process), beyond(lab, expected, process)
        explain_end(lab, process, did)
        saw = f"It has not kept {listed(left)}."
        shared = left and queues(lab, first) & queues(lab, second)
        lab.expect(not shared, "shared-queue", did, f"{saw} Both consume from {listed(shared)}.")
        cut = [line for line in extra if of_b[-1].startswith(line) and line != of_b[-1]]
        lab.expect(not cut, "cut-text", did, f"{of_b[-1]!r} was kept as {listed(cut)}.")
        if left:
            explain_missing(lab, process, words, did, saw)
        saw = f"It kept {listed(extra)} as well."
        folded = extra and set(map(text_of, extra)) <= set(map(text_of, loud))
        lab.expect(not folded, "case-blind", did, saw)
        lab.expect(set(extra) <= set(expected), "everything-to-everyone", did, saw)
        lab.expect(not extra, "line-twice", did, f"It kept {listed(extra)} more than once.")
        given = lab.wire(method="basic.deliver", process=process)
        hidden = len(given) - len(delivered(lab, process, expected))
        saw = f"{hidden} lines that it had not asked for were sent to it, and thrown away there."
        lab.expect(not hidden, "filters-itself", did, saw, given)


def explain_missing(lab, process, words, did, saw):
    bindings = lab.wire(method="queue.bind", process=process)
    keys = {event.routing_key or "" for event in bindings}
    joined = [key for key in keys if all(word in key for word in words)]
    lab.expect(not joined, "joined-keys", did, f"{saw} It bound the key {listed(joined)}.")
    one = words[0] in keys and words[1] not in keys
    lab.expect(not one, "one-severity", did, f"{saw} It did not bind the key {words[1]!r}.")
    lab.fail("line-missing", did, saw, bindings)


@pytest.mark.task(2)
def test_what_nobody_has_asked_for_is_kept_aside(lab):
    (name,) = names(lab, 1)
    a, b = severities(lab, 2)
    early = lines(lab, a)
    emit(lab, early)  # before any other program has ever run
    net = start(lab, "unrouted.py")
    ready(lab, net)
    did = "In an empty broker we sent lines that nobody had asked for, and then ran unrouted.py."
    explain_lost(lab, missing(lab, early, net), beyond(lab, early, net), did)

    receiver = start(lab, "receive_logs.py", name, b)
    ready(lab, receiver)
    wanted, stray = lines(lab, b), lines(lab, a) + lines(lab, b.capitalize())
    emit(lab, wanted, stray)
    did = f"Beside a receiver for {b}, we sent lines that it wants, and others."
    left, extra = missing(lab, stray, net), beyond(lab, early + stray, net)
    saw = f"unrouted.py kept {listed(extra)}."
    lab.expect(not set(extra) & set(wanted), "net-takes-all", did, saw)
    explain_lost(lab, left, extra, did)
    lab.expect(not extra, "line-twice", did, f"{saw} Each came once.")
    left = missing(lab, wanted, receiver)
    lab.expect(not left, "line-missing", did, f"The receiver has not kept {listed(left)}.")


def explain_lost(lab, left, extra, did):
    saw = f"unrouted.py has not kept {listed(left)}."
    renamed = [line for line in extra if text_of(line) in map(text_of, left)]
    lab.expect(not renamed, "severity-lost", did, f"unrouted.py kept {listed(renamed)}.")
    returned = left and lab.wire(method="basic.return")
    lab.expect(not returned, "return-ignored", did, f"{saw} They came back, though.", returned)
    wants = {line.partition(":")[0] for line in left} | {"#"} if left else set()
    taken = [e for e in lab.wire(method="queue.bind") if e.routing_key in wants]
    why = (
        f"{saw} The queue {taken[0].queue!r} is bound with {taken[0].routing_key!r}."
        if taken
        else ""
    )
    lab.expect(not taken, "audit-hides-unrouted", did, why, taken)
    made = [e.arguments or {} for e in lab.wire(method="exchange.declare", process="emit_log")]
    nets = [found["alternate-exchange"] for found in made if "alternate-exchange" in found]
    if left and nets:
        bound = [e for e in lab.wire(method="queue.bind", process="emit_log") if e.exchange in nets]
        lab.expect(bound, "net-missing", did, f"{saw} Nothing was bound to {nets[0]!r} then.")
        lab.fail("net-has-holes", did, f"{saw} The alternate exchange is {nets[0]!r}.", bound)
    lab.expect(not left, "unrouted-lost", did, saw)


@pytest.mark.task(3)
def test_the_audit_has_every_line_and_takes_none_away(lab):
    (name,) = names(lab, 1)
    a, b, c = severities(lab, 3)
    receiver = start(lab, "receive_logs.py", name, a, b)
    net, audit = start(lab, "unrouted.py"), start(lab, "audit.py")
    ready(lab, receiver, net, audit)
    wanted, stray = lines(lab, a) + lines(lab, b), lines(lab, c) + lines(lab, a.upper())
    emit(lab, wanted, stray)
    did = f"We sent lines to a receiver for {a} and {b}, and lines that nobody has asked for."
    shared = queues(lab, audit) & queues(lab, receiver, net)
    saw = f"audit.py consumes from {listed(shared)}, and another program as well."
    lab.expect(not shared, "audit-takes-lines", did, saw)
    left = missing(lab, wanted + stray, audit)
    lab.expect(not left, "audit-misses", did, f"audit.py has not kept {listed(left)}.")
    left = missing(lab, stray, net)
    saw = f"unrouted.py has not kept {listed(left)}; before, it did."
    lab.expect(not left, "audit-hides-unrouted", did, saw)
    left = missing(lab, wanted, receiver)
    lab.expect(not left, "line-missing", did, f"The receiver has not kept {listed(left)}.")
    for event in lab.wire(method="basic.consume", process=audit):
        lab.expect(not event.auto_ack, "auto-ack", did, "audit.py uses auto_ack.", [event])

    given = {"method": "basic.deliver", "process": audit}
    lab.eventually(lambda: len(acked(lab, audit)) >= len(lab.wire(**given)), seconds=3)
    audit.kill()
    late = lines(lab, b, 1) + lines(lab, c, 1)
    emit(lab, late)
    again = start(lab, "audit.py", name="audit-2")
    ready(lab, again)
    left = missing(lab, late, again)
    did = "We killed audit.py, sent lines, and started it again."
    lab.expect(not left, "audit-forgets", did, f"It has not kept {listed(left)}.")
    extra = beyond(lab, wanted + stray + late, audit, again)
    lab.expect(not extra, "audit-doubles", did, f"It has kept {listed(extra)} twice.")


@pytest.mark.task(4)
def test_a_running_receiver_changes_its_mind(lab):
    one, two = names(lab, 2)
    a, b, c = severities(lab, 3)
    first = start(lab, "receive_logs.py", one, a, b)
    second = start(lab, "receive_logs.py", two, b)
    net = start(lab, "unrouted.py")
    ready(lab, first, second, net)
    command(lab, first, "drop nothing")  # which does no harm
    lab.quiet(0.3, limit=3)
    during = command_in_slow_motion(lab, first, f"add {c}", (a, b))
    command(lab, first, f"add {a}")
    changed(lab, first, "queue.bind", c)
    after = lines(lab, c) + lines(lab, a, 1) + lines(lab, b, 1)
    emit(lab, after)
    did = f"We told a receiver of {a} and {b} to add {c}, with lines coming in all the time."
    extra = beyond(lab, [line for line in during + after if line.startswith(b)], second)
    saw = f"Another receiver, which had not been told anything, kept {listed(extra)}."
    lab.expect(not extra, "wrong-receiver", did, saw)
    judge_change(lab, first, during, after, [], did)

    command(lab, first, f"drop {b}", f"drop {c}")
    changed(lab, first, "queue.unbind", c)
    still, gone = lines(lab, a), lines(lab, b, 1) + lines(lab, c, 1)
    emit(lab, gone, still)
    did = f"Then we told it to drop {b} and {c}."
    judge_change(lab, first, during + after, still, gone, did)
    left = missing(lab, gone[:1], second) + missing(lab, gone[1:], net)
    lab.expect(not left, "unrouted-lost", did, f"Nobody has kept {listed(left)}.")


def command(lab, process, *texts):
    """Send commands to a receiver, as control.py does."""
    for text in texts:
        did = f"We sent the command {text!r} for {process.name} to the exchange `control`."
        heard = lab.eventually(
            lambda t=text: (
                lab.exchange_exists("control") and lab.publish(t, process.name, "control")
            ),
            seconds=5,
        )
        lab.expect(heard, "ignores-commands", did, "No queue is bound there with that key.")


def command_in_slow_motion(lab, process, text, kinds):
    """Hold each frame that changes the receiver's queues while lines come; returns the lines."""
    point = {"connection": f"{process.name}*", "sender": "client", "method": "queue.*"}
    hold = lab.add(lab.rules.Hold(**point))
    command(lab, process, text)
    sent = []
    while len(sent) < 8 and lab.eventually(lambda: hold.fired, seconds=1):  # noqa: B023
        then = lab.add(lab.rules.Hold(**point))
        batch = [line for kind in kinds for line in lines(lab, kind, 1)]
        emit(lab, batch)
        sent += batch
        hold.release()
        hold = then
    hold.remove()
    return sent


def changed(lab, process, method, key):
    """Wait until the receiver has rebound, as far as that can be seen."""
    lab.eventually(lambda: lab.wire(method=method, process=process, routing_key=key), seconds=2)
    lab.quiet(0.4, limit=3)


def judge_change(lab, process, before, after, gone, did):
    left = missing(lab, before + after, process)
    explain_end(lab, process, did)
    saw = f"It has not kept {listed(left)}."
    kinds = {line.partition(":")[0] for line in left}
    added = kinds == {after[0].partition(":")[0]}
    lab.expect(gone or not added, "ignores-commands", did, saw)
    lab.expect(not set(left) & set(after), "touches-others", did, saw)
    lab.expect(not left, "rebinding-loses", did, saw)
    kept_on = beyond(lab, before + after, process)
    saw = f"It kept {listed(kept_on)}."
    lab.expect(not set(kept_on) & set(gone), "never-drops", did, saw)
    lab.expect(not kept_on, "rebinding-doubles", did, f"{saw} Each was published once.")
    hidden = delivered(lab, process, gone)
    saw = f"{len(hidden)} of these lines were still sent to it, and thrown away there."
    lab.expect(not hidden, "drops-by-hiding", did, saw, hidden)
