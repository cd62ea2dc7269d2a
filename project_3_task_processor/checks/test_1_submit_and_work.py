"""Milestone 1: images are submitted, workers turn them into outputs."""

import pytest
import steps

BIG = 120  # pixels a side: 43 kB, more than any reference to it


@pytest.mark.task(1)
def test_what_is_submitted_is_done_by_whatever_worker_comes(lab):
    made = steps.batch(lab, 10)
    job = steps.submit(lab, made)
    did = f"We submitted {made.total} images, while no worker was running."
    publishes = lab.wire(method="basic.publish", process="submit")
    saw = f"submit published {len(publishes)} messages."
    lab.expect(len(publishes) >= made.total, "one-message-for-all", did, saw, publishes)

    first, second = (steps.start_worker(lab, f"worker-{number}") for number in (1, 2))
    steps.ready(lab, first, second)
    did = f"We submitted {made.total} images, and then started two workers."
    if not steps.done(lab, made):
        explain(lab, made, did, first, second)
    saw = f"{made.too_many()} files in the output folder are not outputs of these images."
    lab.expect(not made.too_many(), "wrong-output", did, saw)

    large = steps.batch(lab, 2, side=BIG)
    steps.submit(lab, large, name="submit-large")
    did = f"We submitted two images of {BIG * BIG * 3 // 1000} kB each."
    publishes = lab.wire(method="basic.publish", process="submit-large")
    size = max(event.size or 0 for event in publishes)
    saw = f"A message has {size // 1000} kB."
    lab.expect(size < BIG * BIG, "pixels-in-message", did, saw, publishes)
    if not steps.done(lab, large):
        explain(lab, large, did, first, second)

    again = steps.submit(lab, made, name="submit-again")
    did = "We submitted the same folder a second time, with the same operations."
    lab.expect(again == job, "another-job", did, f"It is job {again} now, and was {job} before.")
    for worker in (first, second):
        worker.terminate()
    for worker in (first, second):
        if worker.wait(8) is None:
            did = "We sent SIGTERM to a worker that had nothing to do."
            lab.fail("did-not-stop", did, "It was still running 8 seconds later.")


def explain(lab, made, did, *workers):
    """The outputs that are missing: were they asked for, and what became of the workers?"""
    for worker in workers:
        lab.crashed(worker)
    missing = made.missing()
    saw = f"{len(missing)} of {len(made.good)} outputs are missing."
    delivered = [event for worker in workers for event in steps.deliveries(lab, worker)]
    lab.expect(delivered, "lost-without-a-worker", did, f"{saw} No worker got a message.")
    strange = made.too_many()
    saw = f"{len(missing)} of {len(made.good)} outputs are not as they must be."
    lab.expect(not strange, "wrong-output", did, saw)
    saw = f"{len(missing)} of {len(made.good)} outputs are missing; the first is {missing[0]}'s."
    lab.fail("images-missing", did, saw, delivered[-4:])
