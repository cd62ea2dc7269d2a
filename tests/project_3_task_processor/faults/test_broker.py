"""The broker goes, comes back, or takes nothing; nothing is lost."""

import subprocess

import pytest
from task_processor.amqp.connect import session
from task_processor.submit.publish import Sender

from course.brokers import Broker as CourseBroker
from tests.project_3_task_processor.faults.system import System
from tests.support import drop_connections, eventually

pytestmark = pytest.mark.slow

SLOW = {"handler": "slow", "TEST_SECONDS": "0.02"}


def test_a_broker_that_restarts_while_tasks_run_loses_nothing(
    system: System, rabbitmq: CourseBroker
) -> None:
    system.make_images(240, poison=10)
    job = system.submit()
    workers = [system.worker(**SLOW) for _ in range(2)]
    system.begun()
    rabbitmq.restart()
    assert len(system.outputs()) < 240, "there was work left"
    for worker in workers:
        worker.wait_for("connected again", 60)
    system.wait(job, 90)
    system.check(job)


def test_connections_closed_by_the_broker_are_made_again(
    system: System, rabbitmq: CourseBroker
) -> None:
    system.make_images(240)
    job = system.submit()
    workers = [system.worker(**SLOW) for _ in range(2)]
    system.begun()
    for times in (1, 2):
        drop_connections(rabbitmq, system.broker.url, len(workers))
        for worker in workers:
            eventually(
                lambda worker=worker, times=times: worker.said().count("connected again") >= times,
                "the worker connects again",
                60,
            )
    system.wait(job)
    system.check(job)


def rabbitmqctl(broker: CourseBroker, *words: str) -> None:
    container = broker.container.get_wrapped_container().id
    command = ["docker", "exec", container, "rabbitmqctl", "-q", *words]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_a_memory_alarm_holds_tasks_back_until_it_ends(
    system: System, rabbitmq: CourseBroker
) -> None:
    system.make_images(240)
    job = system.submit()
    worker = system.worker(**SLOW)
    system.begun()
    rabbitmqctl(rabbitmq, "set_vm_memory_high_watermark", "0.0001")
    try:
        worker.wait_for("takes no messages now")
        held = worker.said()
        assert "unblocked" not in held
    finally:
        rabbitmqctl(rabbitmq, "set_vm_memory_high_watermark", "0.6")
    worker.wait_for("unblocked")
    system.wait(job)
    system.check(job)


def test_every_message_sent_twice_gives_one_output_each(system: System) -> None:
    system.make_images(200)
    listed = system.listed()
    job = system.submit()
    again = Sender(system.broker, job, listed.tasks, list(range(1, 201)), 4).send()
    assert again.accepted == 200
    with session(system.broker, "test") as on:
        assert on.count(on.names.tasks)[0] == 400, "each task is in the queue twice"
    worker = system.worker()
    system.wait(job)
    first = {path: path.stat().st_mtime_ns for path in system.outputs()}
    eventually(lambda: system.reports(job) == 400, "the second ones are worked on, too", 60)
    assert worker.end() == 0
    assert system.check(job).repeated == 200
    now = {path: path.stat().st_mtime_ns for path in system.outputs()}
    assert now == first, "no output was written again"
