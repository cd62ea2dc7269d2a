"""Checks of exercise 1: what the broker saw of both programs, and what the journal says."""

import json

import pytest

QUEUE, FAILED = "task_queue", "failed_tasks"
MOST_ATTEMPTS = 10


def new_orders(lab, *amounts):
    """Orders with numbers that nobody can know beforehand."""
    numbers = lab.random.sample(range(1000, 10_000), len(amounts))
    letters = lab.random.choices("ABCDEFGHKLMNPRSTUVWXYZ", k=len(amounts))
    return [f"{a}{b}:{c}" for a, b, c in zip(letters, numbers, amounts, strict=True)]


def amount(lab):
    return f"{lab.random.randint(1, 99_999)}+{lab.random.randint(1, 99_999)}"


def journal(lab, event):
    """The orders of which the journal says so, one for each time."""
    found = []
    for line in lab.file("journal.jsonl").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # a line that is being written, or was when its writer was killed
        if entry["event"] == event:
            found.append(entry["order"])
    return found


def missing(lab, orders):
    return set(orders) - set(journal(lab, "done"))


def count(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def well_declared(lab, process):
    """What is wrong with a declaration shows on some brokers at once, on others much later."""
    did = f"We ran {process.file} and looked at how it declares {QUEUE}."
    for event in lab.wire(method="queue.declare", process=process, queue=QUEUE, passive=False):
        saw = "It is declared exclusive."
        lab.expect(not event.exclusive, "exclusive-queue", did, saw, [event])
        saw = "It is declared without durable=True."
        lab.expect(event.durable, "transient-queue", did, saw, [event])
    for event in lab.wire(method="channel.close", process=process, reply_code=406):
        if "inequivalent" in (event.reply_text or ""):
            lab.fail("settings-differ", did, f"The broker refused: {event.reply_text}.", [event])


def submit(lab, *orders):
    """Run submit.py and insist that it ends well."""
    result = lab.run("submit.py", *orders, seconds=8)
    process = result.process
    did = f"We gave {count(len(orders), 'order')} to submit.py."
    well_declared(lab, process)
    lab.crashed(process)
    publishes = lab.wire(method="basic.publish", process=process)
    saw = f"It ended with exit code {result.code}, and published nothing."
    lab.expect(publishes, "nothing-published", did, saw)
    saw = "It published, and was still running after 8 seconds."
    lab.expect(result.code is not None, "submit-never-ends", did, saw)
    return process


def start_workers(lab, number=1):
    workers = [lab.start("worker.py") for _ in range(number)]
    for worker in workers:
        lab.connected(worker)
        if not lab.eventually(lambda w=worker: asks(lab, w) or not w.alive):
            saw = "It is connected, and neither consumes nor gets."
            lab.fail("nothing-done", "We started worker.py.", saw)
        well_declared(lab, worker)
        lab.crashed(worker)
        if not worker.alive:
            saw = f"It ended with exit code {worker.wait(0)}."
            lab.fail("ended-early", "We started worker.py.", saw)
    return workers


def asks(lab, worker, after=0):
    """Whether the worker has begun to take orders."""
    return lab.wire(method=("basic.consume-ok", "basic.get"), process=worker, after=after)


def message_of(lab, order):
    """The tap's id of the message that carries this order."""
    return next(e.message for e in lab.wire(method="basic.publish") if order in (e.preview or ""))


@pytest.mark.task(1)
def test_every_order_is_done_once(lab):
    orders = new_orders(lab, *[amount(lab) for _ in range(8)])
    process = submit(lab, *orders)
    did = "We gave 8 orders to submit.py, while no worker was running."
    queue = lab.queue(QUEUE)
    lab.expect(queue, "no-queue-yet", did, f"There is no queue {QUEUE}, so nothing was kept.")
    publishes = lab.wire(method="basic.publish", process=process)
    ways = sorted({f"exchange '{e.exchange}', routing key '{e.routing_key}'" for e in publishes})
    saw = f"{queue.ready} of 8 are in {QUEUE}. It published to {'; '.join(ways)}."
    lab.expect(queue.ready >= 8, "published-elsewhere", did, saw, publishes[:3])
    connections = lab.wire(method="connection.open-ok", process=process)
    saw = f"It opened {len(connections)} connections."
    lab.expect(len(connections) < 4, "connection-per-order", did, saw, connections[:3])

    workers = start_workers(lab, 2)
    did = "We gave 8 orders to submit.py, and then started two workers."
    lab.eventually(lambda: not missing(lab, orders), 6)
    lab.quiet(0.2, limit=1)
    for worker in workers:
        lab.crashed(worker)
        worker.kill()
    lab.eventually(lambda: all(lab.wire(method="tap.closed", process=w) for w in workers), 1)
    done = journal(lab, "done")
    saw = f"{len(set(done))} of 8 are done."
    emptied = lab.wire(method=("queue.purge", "queue.delete"), sender="client")
    lab.expect(not emptied, "worker-empties-the-queue", did, f"{saw} It empties {QUEUE}.", emptied)
    begun = journal(lab, "begun")
    lab.expect(begun, "nothing-done", did, "Not one of them was begun.")
    strange = sorted(set(begun) - set(orders))
    seen = f"jobs.do was given {strange[:1]}, and none of the orders is that."
    lab.expect(not strange, "order-changed", did, seen)
    held = lab.wire(method="tap.requeued")
    saw += f" {count(len(held), 'delivery')} had no acknowledgement when the workers ended."
    lab.expect(not held, "never-acknowledged", did, saw.replace("deliverys", "deliveries"), held)
    saw = f"{len(set(done))} of 8 are done."
    lab.expect(not missing(lab, orders), "nothing-done", did, saw)
    saw = f"8 orders gave {len(done)} invoices."
    lab.expect(len(done) == 8, "done-twice", did, saw)


@pytest.mark.task(2)
def test_a_killed_worker_loses_nothing(lab):
    (first,) = start_workers(lab)
    orders = new_orders(lab, f"{amount(lab)}..", *[amount(lab) for _ in range(3)])
    long = orders[0]
    submit(lab, *orders)
    lab.eventually(lambda: long in journal(lab, "begun"))
    lab.quiet(0.2, limit=0.6)  # whatever it says to the broker at the beginning, it has said
    first.kill()
    (second,) = start_workers(lab)
    if not lab.eventually(lambda: not missing(lab, orders), 7):
        lab.crashed(second)
        explain_loss(lab, first, second, long, missing(lab, orders))


def explain_loss(lab, first, second, long, lost):
    did = "We killed a worker in the middle of a long order, and started another one."
    saw = f"{count(len(lost), 'order')} of 4 will never be done: {', '.join(sorted(lost))}."
    gone = lab.wire(method="queue.declare", queue=QUEUE, auto_delete=True)
    lab.expect(not gone, "queue-goes-with-the-worker", did, saw, gone[:1])
    automatic = lab.wire(method=("basic.consume", "basic.get"), process=first, auto_ack=True)
    lab.expect(not automatic, "auto-ack", did, saw, automatic)
    message = message_of(lab, long)
    acks = lab.wire(method="basic.ack", sender="client", process=first, message=message)
    others = [ack for ack in acks if len(ack.delivery_tags or ()) > 1]
    lab.expect(not others, "acknowledges-others", did, saw, others)
    lab.expect(not acks, "acknowledged-too-early", did, saw, acks)
    again = lab.wire(method="basic.ack", sender="client", process=second, message=message)
    lab.expect(not again, "skips-redelivered", did, saw, again)
    lab.fail("lost-after-a-kill", did, f"{saw} They were not acknowledged either.")


@pytest.mark.task(3)
def test_no_order_waits_behind_a_busy_worker(lab):
    workers = start_workers(lab, 2)
    heavy, *light = orders = new_orders(lab, "1.........", *[amount(lab) for _ in range(6)])
    submit(lab, *orders)
    if not lab.eventually(lambda: not missing(lab, light), 4):
        did = "With two workers running we submitted a long order and then six short ones."
        number = len(missing(lab, light))
        saw = f"After 4 seconds {count(number, 'short order')} still waited for the long one."
        served = [lab.wire(method=("basic.deliver", "basic.get-ok"), process=w) for w in workers]
        lab.expect(all(served), "second-worker-idle", did, f"{saw} One worker got nothing.")
        (busy, frames), *_ = [
            (worker, frames)
            for worker, frames in zip(workers, served, strict=True)
            if any(heavy in (frame.preview or "") for frame in frames)
        ]
        consumes = lab.wire(method="basic.consume", process=busy)
        limits = lab.wire(method="basic.qos", process=busy, sender="client")
        lab.expect(limits or not consumes, "no-prefetch", did, saw, frames)
        late = consumes and limits[0].number > consumes[0].number
        lab.expect(not late, "prefetch-too-late", did, saw, [*consumes, *limits])
        lab.fail("prefetch-too-many", did, saw, [*limits, *frames])


@pytest.mark.task(4, needs=["restart"])
def test_orders_survive_a_restart_of_the_broker(lab):
    orders = new_orders(lab, *[amount(lab) for _ in range(4)])
    submit(lab, *orders)
    lab.restart_broker()
    start_workers(lab)
    lab.eventually(lambda: not missing(lab, orders), 6)
    did = "We submitted 4 orders, restarted the broker, and started a worker."
    saw = f"{len(missing(lab, orders))} of 4 were lost."
    publishes = lab.wire(method="basic.publish", process="submit")
    lab.expect(not missing(lab, orders), "transient-message", did, saw, publishes)


@pytest.mark.task(4)
def test_a_worker_that_loses_its_connection_comes_back_or_ends(lab):
    (worker,) = start_workers(lab)
    before = lab.mark()
    lab.cut(worker)
    did = "We cut the connection of an idle worker, as a restart of the broker does."
    lab.eventually(lambda: asks(lab, worker, before) or not worker.alive, 6)
    if not worker.alive:
        start_workers(lab)
    orders = new_orders(lab, amount(lab))
    submit(lab, *orders)
    lab.eventually(lambda: not missing(lab, orders), 4)
    saw = "It is still running, and takes no orders any more."
    lab.expect(not missing(lab, orders), "deaf-after-a-break", did, saw)


@pytest.mark.task(5)
def test_submit_ends_well_only_after_every_confirm(lab):
    rules = lab.rules
    lab.add(rules.Cut(connection="submit*", sender="broker", method="basic.ack", when="before"))
    orders = new_orders(lab, *[amount(lab) for _ in range(3)])
    result = lab.run("submit.py", *orders, seconds=8)
    did = "We cut submit.py's connection when the broker was about to confirm an order."
    saw = "It was still running after 8 seconds."
    lab.expect(result.code is not None, "submit-never-ends", did, saw)
    if result.code == 0:
        confirms = lab.wire(method="basic.ack", sender="broker", process=result.process)
        number = sum(len(e.delivery_tags or ()) for e in confirms if e.passed)
        saw = f"It ended with exit code 0. {number} of 3 orders were confirmed to it."
        evidence = lab.wire(process=result.process, method=("basic.publish", "basic.ack"))
        asked = lab.wire(method="confirm.select", process=result.process)
        lab.expect(asked, "no-confirms", did, saw, evidence)
        lab.expect(number >= 3, "failure-hidden", did, saw, evidence)


def submit_held(lab, orders, name, meanwhile):
    """Run submit.py, and let something happen between its declaration and its first publish."""
    hold = lab.add(lab.rules.Hold(connection=name, sender="client", method="basic.publish"))
    process = lab.start("submit.py", *orders, name=name)
    lab.eventually(lambda: hold.fired or not process.alive, 8)
    meanwhile()
    hold.release()
    code = process.wait(8)
    saw = "It was still running after 8 seconds."
    did = "We let submit.py publish to a queue that had changed since it declared it."
    lab.expect(code is not None, "submit-never-ends", did, saw)
    queue = lab.queue(QUEUE)
    number = queue.ready if queue else 0
    saw = f"It ended with exit code {code}. {number} of 3 orders are in a queue."
    return process, code != 0 or number == 3, saw


@pytest.mark.task(5)
def test_submit_says_what_was_not_taken(lab):
    orders = new_orders(lab, *[amount(lab) for _ in range(3)])

    def delete():
        lab.delete_queue(QUEUE)

    process, honest, saw = submit_held(lab, orders, "submit-1", delete)
    if not honest:
        did = f"We deleted {QUEUE} when submit.py was about to publish."
        publishes = lab.wire(method="basic.publish", process=process)
        asked = any(event.mandatory for event in publishes)
        lab.expect(asked, "returns-not-asked-for", did, saw, publishes)
        returns = lab.wire(method="basic.return", process=process)
        lab.fail("failure-hidden", did, saw, [*publishes, *returns])

    def limit():
        delete()
        lab.declare_queue(QUEUE, **{"x-max-length": 1, "x-overflow": "reject-publish"})

    delete()
    process, honest, saw = submit_held(lab, orders, "submit-2", limit)
    did = f"We let {QUEUE} have room for one order, and refuse all others."
    nacks = lab.wire(method="basic.nack", sender="broker", process=process)
    lab.expect(honest, "nack-ignored", did, saw, nacks)


@pytest.mark.task(6)
def test_a_failing_order_is_tried_again_and_then_set_aside(lab):
    (worker,) = start_workers(lab)
    number = lab.random.randint(1, 9)
    kinds = (f"{number}o{number}", "20~~", amount(lab), f"{number}00/0", amount(lab))
    wrong, shaky, good, absurd, fine = orders = new_orders(lab, *kinds)
    bad, well = [wrong, absurd], [shaky, good, fine]
    submit(lab, *orders)

    def over():
        queue = lab.queue(FAILED)
        settled = not missing(lab, well) and queue and queue.ready >= 2
        failures = journal(lab, "failed")
        return settled or not worker.alive or max(map(failures.count, bad)) > MOST_ATTEMPTS

    lab.eventually(over, 7)
    lab.quiet(0.2, limit=0.5)
    alive = worker.alive
    worker.kill()  # whatever goes round, goes round no more
    failures = journal(lab, "failed")
    attempts = {order: failures.count(order) for order in orders}
    did = f"We submitted two orders that always fail, one that fails twice ({shaky}), and two good."
    trace = worker.traceback()
    saw = f"The worker ended: {trace[2] if trace else worker.code}."
    line = trace[:2] if trace and trace[0] == "worker.py" else None
    lab.expect(alive, "stopped-by-a-failure", did, saw, line=line)
    worst = max(bad, key=attempts.get)
    if attempts[worst] > MOST_ATTEMPTS:
        saw = f"{worst} was tried more than {MOST_ATTEMPTS} times, and still is."
        nacks = lab.wire(method="basic.nack", sender="client", requeue=True)[:3]
        declared = lab.wire(method="queue.declare", queue=QUEUE, process=worker)
        limited = any("x-delivery-limit" in (e.arguments or {}) for e in declared)
        lab.expect(not (nacks and limited), "nack-does-not-count", did, saw, nacks)
        lab.fail("never-gives-up", did, saw)
    copies = lab.wire(method="basic.publish", process=worker)
    acks = [lab.wire(method="basic.ack", process=worker, message=message_of(lab, o)) for o in bad]
    saw = f"{wrong} was acknowledged like any other, and nothing is left of it."
    lab.expect(
        copies or not any(acks),
        "failure-acknowledged",
        did,
        saw,
        [e for found in acks for e in found],
    )
    saw = f"{shaky} was tried {attempts[shaky]} times, and not a third time."
    lab.expect(attempts[shaky] >= 2, "gave-up-too-early", did, saw)
    saw = f"{len(missing(lab, well))} of the 3 that can be done are not done after 7 seconds."
    lab.expect(not missing(lab, well), "gave-up-too-early", did, saw)
    aside = lab.queue(FAILED)
    saw = f"There is no queue {FAILED}. The two bad orders are gone."
    lab.expect(aside, "nowhere-to-go", did, saw)
    found = [message.text for message in lab.drain(FAILED)]
    lost = [order for order in bad if not any(order in text for text in found)]
    saw = f"{', '.join(lost)} was given up, and is not in {FAILED}."
    lab.expect(not lost, "failed-order-dropped", did, saw)
    saw = f"{FAILED} has {len(found)} messages: {', '.join(found[:8])}."
    lab.expect(len(found) == 2, "failed-more-than-once", did, saw)


@pytest.mark.task(6)
def test_a_lost_connection_between_two_attempts_loses_nothing(lab):
    start_workers(lab)
    lab.add(lab.rules.Cut(connection="worker*", sender="client", method="basic.ack", when="after"))
    orders = new_orders(lab, "77~")
    submit(lab, *orders)

    def done():
        if not any(process.alive for process in lab.processes):
            lab.start("worker.py")  # as a service manager does
        return not missing(lab, orders)

    did = "We submitted an order that fails once, and cut the connection after the first ack."
    saw = "There was no second attempt: the order is lost."
    lab.expect(lab.eventually(done, 6), "original-before-copy", did, saw)
