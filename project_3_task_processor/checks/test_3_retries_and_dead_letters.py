"""Milestone 3: what may heal is tried again, later; what cannot is put aside, with its reason."""

import pytest
import steps

SHORTEST = 0.8  # seconds; the shortest delay is 1 s
WAIT = 6  # seconds for images that nothing keeps waiting
TRIES = 1 + len(steps.DELAYS.split(","))


@pytest.mark.task(3)
def test_what_cannot_be_done_is_put_aside_with_its_reason(lab):
    made = steps.batch(lab, 5, bad=2)
    vanished = sorted(made.good)[2]
    job = steps.submit(lab, made)
    (made.inputs / vanished).unlink()
    del made.good[vanished]
    made.bad.append(vanished)
    worker = steps.start_worker(lab)
    steps.ready(lab, worker)
    did = f"We submitted {made.total} images: two are no images, one was deleted meanwhile."
    if not steps.done(lab, made, seconds=10):
        loops(lab, did, made)
        stopped(lab, worker, made, did)

    def letters():
        return steps.dead(lab, job=job) if steps.deliveries(lab, worker) else []

    found = steps.until(lab, lambda: found if len(found := letters()) >= 3 else [], 6) or letters()
    loops(lab, did, made)
    lab.crashed(worker)
    saw = f"`dead list --json` names {len(found)} of 3."
    lab.expect(len(found) >= 3, "no-dead-letter", did, saw)
    known = [name for letter in found for name in steps.names_in(letter, made)]
    saw = f"Its letters name these images: {', '.join(sorted(known)) or 'none'}."
    lab.expect(sorted(known) == sorted(made.bad), "no-dead-letter", did, saw)
    reasons = {str(letter.get("reason") or "") for letter in found}
    saw = f"The reasons are: {', '.join(sorted(reasons)) or 'none'}."
    lab.expect("" not in reasons and len(reasons) > 1, "no-reason", did, saw)
    tries = len(steps.deliveries(lab, worker))
    saw = f"{made.total} tasks were delivered {tries} times."
    lab.expect(tries <= made.total, "retries-the-hopeless", did, saw, steps.deliveries(lab)[-4:])
    strangers(lab, worker, len(found))


def strangers(lab, worker, known):
    """Messages from elsewhere, on the way that the learner's own tasks took."""
    first = steps.deliveries(lab, worker)[0]
    before = steps.dead_letters(lab, known, name="dead-before")
    for body in (b"\xff\xfe\x00 not ours", '{"hello": "world"}', "[]"):
        lab.publish(body, routing_key=first.routing_key, exchange=first.exchange)
    made = steps.batch(lab, 2)
    steps.submit(lab, made, name="submit-after")
    did = "We put three messages that are no tasks where submit puts its tasks."
    if not steps.done(lab, made, seconds=8):
        number = len(lab.wire(method="basic.deliver", process=worker, redelivered=True))
        saw = f"Images submitted after that are not done. {number} deliveries came again."
        lab.crashed(worker)
        lab.fail("strangers-stop-it", did, saw, steps.deliveries(lab, worker)[-4:])
    after = steps.dead_letters(lab, len(before) + 1, name="dead-after")
    saw = "The worker went on, and `dead list` names none of them."
    lab.expect(len(after) > len(before), "strangers-stop-it", did, saw)


def loops(lab, did, made):
    """Whether the same tasks are delivered without an end."""
    tries = steps.deliveries(lab)
    saw = f"{made.total} tasks were delivered {len(tries)} times in a few seconds."
    lab.expect(len(tries) < 10 * made.total, "poison-loops", did, saw, tries[-3:])


def stopped(lab, worker, made, did):
    missing = made.missing()
    saw = f"{len(missing)} of {len(made.good)} good images have no output."
    if not worker.alive:
        saw += f" The worker ended with exit code {worker.wait(0)}."
        trace = worker.traceback()
        saw += f" It says: {trace[2]}" if trace else ""
    lab.fail("poison-stops-the-rest", did, saw, steps.deliveries(lab, worker)[-3:])


def hurried(lab, did):
    """Whether a task came again before its delay was over.

    The beginning of its body tells which task it is, if submit sent no two that begin alike.
    """
    sent = [e.preview for e in lab.wire(method="basic.publish") if steps.of(e, "submit")]
    field = "preview" if len(set(sent)) == len(sent) else "message"
    seen = {}
    for event in steps.deliveries(lab):
        task = getattr(event, field)
        before = seen.get(task)
        gap = event.at - before.at if before else SHORTEST
        saw = f"A task was delivered again after {gap:.2f} seconds."
        lab.expect(gap >= SHORTEST, "retries-without-delay", did, saw, [before, event])
        seen[task] = event


@pytest.mark.task(3)
def test_what_may_heal_is_tried_again_later(lab):
    away, gone = steps.batch(lab, 3, disk="usb"), steps.batch(lab, 1, disk="lost")
    here = steps.batch(lab, 6)
    away_job = steps.submit(lab, away)
    gone_job = steps.submit(lab, gone, name="submit-gone")
    steps.submit(lab, here, name="submit-here")
    usb, lost = lab.folder("usb"), lab.folder("lost")
    unplugged = usb.rename(usb.with_name("usb-unplugged"))
    lost.rename(lost.with_name("lost-for-good"))
    worker = steps.start_worker(lab, disks=("usb", "lost", "disk"))
    steps.ready(lab, worker)
    did = "We submitted images on three disks, and unmounted two of them before a worker began."
    rested = steps.done(lab, here, seconds=WAIT)
    lab.crashed(worker)
    hurried(lab, did)
    saw = f"{len(here.missing())} of {len(here.good)} images on the third disk still wait."
    lab.expect(rested, "retry-blocks-the-rest", did, saw)

    unplugged.rename(usb)
    back = steps.done(lab, away, seconds=8)
    hurried(lab, did)
    letters = steps.dead(lab, job=away_job)
    saw = f"{len(away.missing())} of {len(away.good)} outputs are missing when it is back."
    saw += f" {len(letters)} are dead letters."
    lab.expect(back, "transient-given-up", f"{did} Then we mounted one again.", saw)
    saw = f"After {TRIES} attempts it was not given up: no dead letter names it."

    def given_up():
        return steps.dead(lab, name="dead-gone", job=gone_job)

    letters = steps.until(lab, given_up, 8)
    hurried(lab, did)
    lab.expect(letters, "never-gives-up", "The third disk never came back.", saw)
    tried = letters[0].get("attempts")
    saw = f"Its dead letter says attempts: {tried!r}."
    lab.expect(tried == TRIES, "no-reason", f"An image had {TRIES} attempts, and no more.", saw)
