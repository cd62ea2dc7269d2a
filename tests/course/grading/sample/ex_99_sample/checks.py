"""The checks of the sample."""

import pytest


def tasks(lab):
    return [f"task-{lab.random.randrange(10**6)}" for _ in range(4)]


@pytest.mark.task(1)
def test_every_task_is_done(lab):
    worker = lab.start("worker.py")
    lab.expect(
        lab.consuming(worker, "tasks"),
        "not-consuming",
        did="We started worker.py.",
        saw="No consumer on the queue tasks.",
    )
    names = tasks(lab)
    for name in names:
        lab.publish(name, "tasks")
    wanted = sorted(name.upper() for name in names)
    done = lab.eventually(lambda: sorted(lab.file("done.txt").split()) == wanted, seconds=3)
    lab.crashed(worker)
    lab.expect(
        done, "not-done",
        did=f"We published {len(names)} tasks.",
        saw=f"done.txt has {len(lab.file('done.txt').split())} lines, not those we wait for.",
    )  # fmt: skip


@pytest.mark.task(2)
def test_a_killed_worker_loses_nothing(lab):
    first, second = lab.start("worker.py"), lab.start("worker.py")
    lab.consuming(first)
    lab.consuming(second)
    names = tasks(lab)
    for name in names:
        lab.publish(name, "tasks")
    lab.eventually(lambda: lab.wire(method="basic.deliver", process=first))
    lab.cut(first)
    first.kill()
    wanted = {name.upper() for name in names}
    lab.eventually(lambda: wanted <= set(lab.file("done.txt").split()), seconds=3)
    missing = wanted - set(lab.file("done.txt").split())
    lab.expect(
        not missing, "lost",
        did=f"We published {len(names)} tasks, and killed the first worker in its first one.",
        saw=f"{len(missing)} tasks were never done.",
        evidence=lab.wire(method=("basic.deliver", "basic.ack")),
    )  # fmt: skip


@pytest.mark.task(3, needs=["restart"])
def test_the_queue_outlives_the_broker(lab):
    worker = lab.start("worker.py")
    lab.consuming(worker, "tasks")
    worker.kill()
    lab.restart_broker()
    lab.expect(
        lab.queue("tasks"), "queue-gone", did="We restarted the broker.", saw="No queue tasks."
    )
