"""Milestone 2: kills, cuts, late confirms and a restart, and no image is missing."""

import pytest
import steps

HEAVY_SIDE = 3400
PATIENCE = 1.5  # seconds in which submit must not give up hope, nor claim success
KILL_AFTER = 0.25  # seconds into a task that takes longer


@pytest.mark.task(2)
def test_a_killed_worker_loses_nothing(lab):
    made = steps.batch(lab, 0)
    made.ops = steps.HEAVY
    colours = lab.random.sample(range(20, 230), 6)
    for place, value in enumerate(colours):
        name, colour = f"{place}.png", (value, value, value)
        side = HEAVY_SIDE if place == 0 else 8
        (made.inputs / name).write_bytes(steps.large(side, colour))
        made.good[name] = steps.bmp([[colour] * 8] * 8)
    victim = steps.start_worker(lab, "worker-1")
    steps.ready(lab, victim)
    steps.submit(lab, made)
    steps.until(lab, lambda: steps.deliveries(lab, victim), 8)
    lab.eventually(lambda: steps.acks(lab, victim), KILL_AFTER)
    victim.kill()
    left = made.missing()
    second = steps.start_worker(lab, "worker-2")
    steps.ready(lab, second)
    if steps.done(lab, made, seconds=12):
        return
    lab.crashed(second)
    did = "We killed a worker in the middle of an image, and started another one."
    missing = made.missing()
    saw = f"{len(missing)} of {made.total} outputs will never come."
    automatic = lab.wire(method=("basic.consume", "basic.get"), process=victim, auto_ack=True)
    lab.expect(not automatic, "auto-ack", did, saw, automatic)
    early = steps.acks(lab, victim)
    settled = sum(len(ack.delivery_tags or ()) for ack in early)
    saw += f" The killed worker had acknowledged {settled}, and finished {made.total - len(left)}."
    lab.expect(settled <= made.total - len(left), "acknowledged-too-early", did, saw, early)
    lab.fail("lost-after-a-kill", did, saw)


@pytest.mark.task(2)
def test_a_cut_before_an_acknowledgement_loses_nothing(lab):
    made = steps.batch(lab, 6)
    worker = steps.start_worker(lab)
    steps.ready(lab, worker)
    cut = lab.add(lab.rules.Cut(**steps.settling(lab, "worker"), when="before"))
    mark = lab.mark()
    steps.submit(lab, made)
    did = "We cut a worker's connection right before its first acknowledgement."
    steps.done(lab, made, seconds=6)
    if not steps.until(lab, lambda: cut.fired, 2):
        lab.crashed(worker)
        explain_missing(lab, made, "We gave six images to a worker.")
        saw = "It has finished all of them, and acknowledged none."
        automatic = lab.wire(method=("basic.consume", "basic.get"), process=worker, auto_ack=True)
        lab.expect(not automatic, "auto-ack", did, saw, automatic)
        lab.fail("never-acknowledged", did, saw, steps.deliveries(lab, worker)[-3:])
    back = steps.until(lab, lambda: steps.takes(lab, worker, after=mark) or not worker.alive, 10)
    lab.crashed(worker)
    saw = f"It ended with exit code {worker.code}." if not worker.alive else "It never came back."
    lab.expect(back and worker.alive, "gone-after-a-cut", did, saw)
    if not steps.done(lab, made, seconds=10):
        explain_missing(lab, made, did)


def explain_missing(lab, made, did):
    missing = made.missing()
    saw = f"{len(missing)} of {made.total} outputs are missing."
    lab.expect(not missing, "lost-after-a-kill", did, saw)


@pytest.mark.task(2)
def test_submit_believes_only_what_is_confirmed(lab):
    made = steps.batch(lab, 6)
    late = lab.add(lab.rules.Hold(connection="submit*", sender="broker", method="basic.ack"))
    process = steps.start_submit(lab, made)
    steps.until(lab, lambda: late.fired or not process.alive, 15)
    lab.crashed(process)
    did = "We kept the broker's confirms back while submit was running."
    saw = "It never asked for confirms, and ended with exit code 0."
    asked = lab.wire(method="confirm.select", process=process)
    lab.expect(asked or process.code != 0, "no-confirms", did, saw)
    ended = steps.until(lab, lambda: says_goodbye(lab, process), PATIENCE)
    late.release()
    process.wait(steps.PATIENCE)
    saw = f"It closed its channel before they came, and then returned {process.code}."
    lab.expect(not ended or process.code != 0, "believed-too-early", did, saw, ended)
    saw = f"When they came at last, it ended with exit code {process.code}."
    lab.expect(process.code is not None, "nothing-submitted", did, saw)
    if process.code != 0:
        steps.submit(lab, made, name="submit-late")

    cut = lab.add(
        lab.rules.Cut(
            connection="submit-cut*", sender="broker", method="basic.ack", when="before", nth=1
        )
    )
    other = steps.batch(lab, 6)
    process = steps.start_submit(lab, other, name="submit-cut")
    process.wait(steps.PATIENCE)
    did = "We cut submit's connection right before a confirm reached it."
    lab.expect(cut.fired, "believed-too-early", did, "It did not wait for that confirm.")
    if process.code != 0:
        steps.submit(lab, other, name="submit-once-more")
    worker = steps.start_worker(lab)
    steps.ready(lab, worker)
    if not steps.done(lab, made, other):
        lab.crashed(worker)
        missing = len(made.missing() + other.missing())
        saw = f"In the end it had returned 0, and {missing} of 12 outputs are missing."
        lab.fail("claims-too-much", did, saw)


def says_goodbye(lab, process):
    """Whether it closes what it should be waiting on."""
    closing = ("channel.close", "connection.close", "tap.closed")
    return [
        end
        for held in lab.wire(method="tap.fault", process=process)
        for end in lab.wire(method=closing, process=process, sender="client", after=held.number)
        if end.connection == held.connection and end.channel in (held.channel, 0)
    ]


@pytest.mark.task(2, needs=["restart"])
def test_a_restart_of_the_broker_loses_nothing(lab):
    worker = steps.start_worker(lab)
    steps.ready(lab, worker)
    worker.pause()
    made = steps.batch(lab, 6)
    steps.submit(lab, made)
    mark = lab.mark()
    lab.restart_broker()
    worker.resume()
    did = "We submitted six images, and restarted the broker before a worker could begin."
    if not steps.done(lab, made, seconds=15):
        lab.crashed(worker)
        again = lab.wire(method="connection.open-ok", process=worker, after=mark)
        saw = "The worker has not connected again."
        lab.expect(again, "gone-after-a-cut", did, saw)
        saw = f"The worker is back, and {len(made.missing())} of 6 outputs will never come."
        lab.fail("lost-in-a-restart", did, saw, lab.wire(method="basic.publish")[:2])
