"""Milestone 5: several workers, random kills and cuts, and a ledger that must balance."""

import pytest
import steps

ROUNDS = ("kill", "kill", "cut before", "cut after", "confirm")


@pytest.mark.task(5)
def test_every_worker_gets_its_share(lab):
    made = steps.batch(lab, steps.MOST_HELD + 18)
    first = steps.start_worker(lab, "worker-1")
    steps.ready(lab, first)
    slow = lab.add(lab.rules.Hold(**steps.settling(lab, "worker-1")))
    steps.submit(lab, made)
    steps.until(lab, lambda: slow.fired, 8)
    second = steps.start_worker(lab, "worker-2")
    steps.ready(lab, second)
    did = f"We submitted {made.total} images, let the one worker get stuck, and started another."
    steps.until(lab, lambda: steps.deliveries(lab, second), 5)
    served = [len(steps.deliveries(lab, worker)) for worker in (first, second)]
    saw = f"The first one got {served[0]} deliveries, the second one {served[1]}."
    held = steps.deliveries(lab, first)
    lab.expect(served[0] <= steps.MOST_HELD, "hoards-tasks", did, saw, held[-2:])
    lab.expect(served[1], "works-alone", did, saw)
    slow.release()
    steps.done(lab, made, seconds=15)
    saw = f"{len(made.missing())} of {made.total} outputs are missing when it is unstuck."
    lab.expect(not made.missing(), "ledger-short", did, saw)


@pytest.mark.task(5)
def test_the_ledger_balances_after_chaos(lab):
    rounds = list(ROUNDS)
    lab.random.shuffle(rounds)
    workers = [steps.start_worker(lab, f"worker-{number}") for number in (1, 2, 3)]
    steps.ready(lab, *workers)
    books = [disturb(lab, kind, number, workers) for number, kind in enumerate(rounds)]
    batches = [made for made, _ in books]
    jobs = [job for _, job in books]
    images = sum(made.total for made in batches)
    did = f"{images} images in {len(rounds)} jobs, three workers, and: {', '.join(rounds)}."
    if not steps.done(lab, *batches, seconds=20):
        missing = sum(len(made.missing()) for made in batches)
        for worker in workers:
            lab.crashed(worker)
        lab.fail("ledger-short", did, f"{missing} outputs are missing.")
    extra = sum(made.too_many() for made in batches)
    lab.expect(not extra, "ledger-over", did, f"{extra} outputs are too many, or wrong.")

    wanted = [(made.total, len(made.good), len(made.bad)) for made in batches]
    said = steps.until(lab,
        lambda: found if (found := ask(lab, jobs)) == wanted else None, 6
    ) or ask(lab, jobs)  # fmt: skip
    for is_, must in zip(said, wanted, strict=True):
        saw = f"A job of {must[0]} images: status says done {is_[1]}, dead {is_[2]}, of {is_[0]}; "
        saw += f"there are {must[1]} outputs and {must[2]} that cannot be done."
        lab.expect(is_[1] <= must[1] and is_[2] <= must[2], "ledger-over", did, saw)
        lab.expect(is_ == must, "ledger-short", did, saw)
    bad = sum(len(made.bad) for made in batches)
    letters = [one for one in steps.dead_letters(lab, bad) if one.get("job") in jobs]
    saw = f"`dead list` has {len(letters)} letters for {bad} images that cannot be done."
    lab.expect(len(letters) <= bad, "ledger-over", did, saw)
    lab.expect(len(letters) == bad, "ledger-short", did, saw)


def disturb(lab, kind, number, workers):
    """One round: a new job, one fault that is seen to happen; the batch and its job's id."""
    # Before the acknowledgement of a dead letter, too, a worker can be cut off.
    made = steps.batch(lab, 0, bad=8) if kind == "cut before" else steps.batch(lab, 7, bad=1)
    place = lab.random.randrange(len(workers))
    victim = workers[place]
    name = f"submit-{number}"
    rules = lab.rules
    on = steps.settling(lab, victim.name)
    if kind == "confirm":
        confirm = {"connection": f"{name}*", "sender": "broker", "method": "basic.ack"}
        rule = lab.add(rules.Cut(**confirm, when="before"))
    elif kind == "kill":
        rule = lab.add(rules.Hold(**on))
    else:
        rule = lab.add(rules.Cut(**on, when=kind.partition(" ")[2]))
    process = steps.start_submit(lab, made, name=name)
    process.wait(steps.PATIENCE)
    if kind == "confirm" and process.code != 0:
        process = steps.start_submit(lab, made, name=f"{name}-again")
        process.wait(steps.PATIENCE)
    lab.crashed(process)
    saw = f"It ended with exit code {process.code}."
    did = f"In round {number + 1} we ran submit while other things went wrong."
    lab.expect(process.code == 0, "nothing-submitted", did, saw)
    job = steps.job_of(lab, process)
    if not steps.until(lab, lambda: rule.fired, 10):
        for worker in workers:
            lab.crashed(worker)
        served = len(steps.deliveries(lab, victim))
        saw = f"{victim.name} got {served} deliveries in all, and acknowledged none of this job."
        lab.fail("works-alone", "We gave a job of eight images to three workers.", saw)
    if kind == "kill":
        lab.eventually(lambda: False, lab.random.uniform(0, 0.1))
        victim.kill()
        workers[place] = steps.start_worker(lab, f"worker-{4 + number}")
        steps.ready(lab, workers[place])
        rule.remove()
    elif kind != "confirm":
        mark = max(event.number for event in lab.wire(method="tap.fault"))
        back = steps.until(lab, lambda: steps.takes(lab, victim, after=mark), 10)
        lab.crashed(victim)
        saw = f"{victim.name} did not come back."
        lab.expect(back, "gone-after-a-cut", "We cut a worker's connection.", saw)
    return made, job


def ask(lab, jobs):
    """The status of all jobs, asked at the same time."""
    asked = [
        steps.start(lab, "status", job, "--json", name=f"status-{place}")
        for place, job in enumerate(jobs)
    ]
    found = []
    for process in asked:
        process.wait(steps.PATIENCE)
        lab.crashed(process)
        found.append(steps.status_in(lab, process.text, process.code))
    return found
