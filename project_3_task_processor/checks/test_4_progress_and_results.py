"""Milestone 4: status tells the truth, also after redeliveries and restarts, from any machine."""

import pytest
import steps


def compare(lab, made, said, did):
    """Hold what status says against what there is."""
    total, finished, dead = said
    wanted = (made.total, len(made.good), len(made.bad))
    saw = f"status says: total {total}, done {finished}, dead {dead}. It is {wanted}."
    more = finished > wanted[1] or dead > wanted[2] or total > wanted[0]
    lab.expect(not more, "counts-deliveries", did, saw)
    lab.expect(said == wanted, "status-forgets", did, saw)


@pytest.mark.task(4)
def test_status_is_exact_while_workers_die(lab):
    made = steps.batch(lab, 6, bad=1)
    job = steps.submit(lab, made)
    said = steps.status(lab, job, name="status-before")
    did = f"We submitted {made.total} images, and asked for the status before any worker ran."
    saw = f"status says: total {said[0]}, done {said[1]}, dead {said[2]}."
    lab.expect(said == (made.total, 0, 0), "status-forgets", did, saw)

    held = lab.add(lab.rules.Hold(**steps.settling(lab, "worker-1")))
    first = steps.start_worker(lab, "worker-1")
    steps.ready(lab, first)
    steps.until(lab, lambda: held.fired, 10)
    steps.until(lab, lambda: not made.missing(), 1)
    first.kill()
    second = steps.start_worker(lab, "worker-2")
    steps.ready(lab, second)
    did = "A worker died with its work done and its acknowledgement on the way. Another took over."
    explain(lab, made, did, second)

    wanted = (made.total, len(made.good), len(made.bad))
    said = steps.until(lab, lambda: s if (s := steps.status(lab, job)) >= wanted else None, 6)
    compare(lab, made, said or steps.status(lab, job), did)
    check_results(lab, made, job, did, "")


def explain(lab, made, did, worker):
    if not steps.done(lab, made, seconds=10):
        lab.crashed(worker)
        saw = f"{len(made.missing())} of {len(made.good)} outputs are missing."
        lab.fail("images-missing", did, saw)


def check_results(lab, made, job, did, machine):
    """Each good image once, with its output's path and hash."""
    rows = [r for r in steps.results(lab, job, machine=machine) if r.get("state") == "done"]
    saw = f"`results JOB --json` lists {len(rows)} outputs, and there are {len(made.good)}."
    lab.expect(len(rows) == len(made.good), "results-wrong", did, saw)
    wrong = [row for row in rows if steps.sha256(row.get("target", "")) != row.get("sha256")]
    saw = f"{len(wrong)} of its lines have a target that is not there, or another sha256."
    lab.expect(not wrong, "results-wrong", did, saw)
    targets = {row["target"] for row in rows}
    saw = f"It names {len(targets)} different files for {len(made.good)} images."
    lab.expect(len(targets) == len(made.good), "results-wrong", did, saw)


@pytest.mark.task(4, needs=["restart"])
def test_status_outlives_everything_that_ran(lab):
    made = steps.batch(lab, 4, bad=1)
    job = steps.submit(lab, made)
    worker = steps.start_worker(lab)
    steps.ready(lab, worker)
    did = f"We submitted {made.total} images, and one worker did them all."
    explain(lab, made, did, worker)
    wanted = (made.total, len(made.good), len(made.bad))
    said = steps.until(lab, lambda: s if (s := steps.status(lab, job)) >= wanted else None, 6)
    compare(lab, made, said or steps.status(lab, job), did)
    worker.kill()
    lab.restart_broker()
    did = "When all was done we killed the worker, restarted the broker and asked another machine."
    said = steps.status(lab, job, name="status-elsewhere", machine="other")
    compare(lab, made, said, did)
    check_results(lab, made, job, did, "other")
