"""Which task comes next, and which comes never again: what the queues themselves decide."""

import time

import pytest
from task_processor.amqp import streams
from task_processor.amqp.connect import session
from task_processor.amqp.topology import DELIVERY_LIMIT
from task_processor.dead import letters
from task_processor.images.limits import Limits
from task_processor.submit import main as submitting

from tests.project_3_task_processor.faults.system import System

pytestmark = pytest.mark.slow


def test_an_urgent_job_passes_one_that_waits(system: System) -> None:
    system.make_images(40)
    jobs = {}
    for name, operations, priority in (("patient", "grayscale", 1), ("urgent", "blur:2", 9)):
        request = submitting.request_of(operations, str(system.out / name))
        listed = submitting.plan([str(system.inputs)], request, Limits(), progress=False)
        jobs[name] = submitting.submit(system.broker, listed, priority).job
    system.worker("--prefetch", "1")
    for job in jobs.values():
        system.wait(job)
    with session(system.broker, "test") as on:
        order = [
            event["job"]
            for _, event in streams.read(on, on.names.results, "first")
            for _ in event["done"]
        ]
    assert order == [jobs["urgent"]] * 40 + [jobs["patient"]] * 40


def test_a_task_that_comes_back_too_often_is_given_up_unread(system: System) -> None:
    """As if each worker that takes it died as a whole, before it could note anything."""
    system.make_images(1)
    job = system.submit()
    with session(system.broker, "test") as on:
        returned, deadline = 0, time.monotonic() + 60
        while not on.count(on.names.crashed)[0]:
            assert time.monotonic() < deadline, f"returned {returned} times, and not given up"
            method, _, _ = on.channel.basic_get(on.names.tasks)
            if method is not None:
                on.channel.basic_reject(method.delivery_tag, requeue=True)
                returned += 1
    assert returned == DELIVERY_LIMIT + 1
    system.worker()
    system.wait(job)
    with session(system.broker, "test") as on:
        dead = list(letters.letters(on, letters.matching("", "", "")))
    assert [(letter.job, letter.number) for letter in dead] == [(job, 1)]
    assert dead[0].reason == "process-died", dead[0]
    assert system.outputs() == []
