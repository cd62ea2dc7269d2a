"""The connection is cut at exact points of the protocol; nothing is lost, nothing done twice."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from task_processor.settings import Broker

from course.tap.event import Event
from course.tap.rules import Cut, Swallow
from course.tap.tap import Tap
from tests.project_3_task_processor.faults.system import System

pytestmark = pytest.mark.slow

IMAGES = 240
SLOW = {"handler": "slow", "TEST_SECONDS": "0.005"}


@contextmanager
def tapped(system: System) -> Iterator[Tap]:
    with Tap(system.broker.url) as tap:
        yield tap


def publishes(key: str):
    """Frames with which a message goes to that queue or stream."""
    return lambda event: event.method == "basic.publish" and event.routing_key == key


def consumes(event: Event) -> bool:
    return not (event.queue or "").endswith("jobs")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_cut_off_around_an_acknowledgement(system: System, when: str) -> None:
    system.make_images(IMAGES)
    job = system.submit()
    with tapped(system) as tap:
        cuts = [
            tap.add(
                Cut(
                    when=when,
                    connection="worker*",
                    sender="client",
                    method="basic.ack",
                    nth=nth,
                    where=lambda event: event.channel == 1,
                )
            )
            for nth in (3, 6, 9)
        ]
        worker = system.worker(**SLOW, url=tap.url("worker"))
        system.wait(job)
        assert [cut.fired for cut in cuts] == [1, 1, 1], "each cut took place"
        assert worker.said().count("connected again") == 3
        outcome = system.check(job)
    print(f"{when} ack: {outcome.repeated} reported again")
    if when == "before":
        assert outcome.repeated > 0, "what was reported and not acknowledged came again"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("key", ["images.results", "images.progress"])
def test_a_worker_cut_off_around_a_report(system: System, when: str, key: str) -> None:
    system.make_images(IMAGES)
    job = system.submit()
    with tapped(system) as tap:
        cuts = [
            tap.add(
                Cut(
                    when=when,
                    connection="worker*",
                    sender="client",
                    method="basic.publish",
                    nth=nth,
                    where=publishes(key),
                )
            )
            for nth in (2, 4)
        ]
        system.worker(**SLOW, url=tap.url("worker"))
        system.wait(job)
        assert [cut.fired for cut in cuts] == [1, 1]
        system.check(job)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_cut_off_around_a_confirm(system: System, when: str) -> None:
    system.make_images(IMAGES, poison=24)
    job = system.submit()
    with tapped(system) as tap:
        cuts = [
            tap.add(
                Cut(when=when, connection="worker*", sender="broker", method="basic.ack", nth=nth)
            )
            for nth in (3, 8)
        ]
        system.worker(**SLOW, url=tap.url("worker"))
        system.wait(job)
        assert [cut.fired for cut in cuts] == [1, 1]
        outcome = system.check(job)
    assert outcome.dead_messages >= 24


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_submission_cut_off_around_a_confirm(system: System, when: str) -> None:
    system.make_images(IMAGES)
    direct = system.broker
    with tapped(system) as tap:
        cuts = [
            tap.add(
                Cut(
                    when=when,
                    connection="submit*",
                    sender="broker",
                    method="basic.ack",
                    nth=nth,
                    where=lambda event: event.channel == 1,
                )
            )
            for nth in (2, 3)
        ]
        system.broker = Broker(tap.url("submit"), delays=direct.delays)
        job = system.submit()
        assert sum(cut.fired for cut in cuts) >= 1
        system.broker = direct
    state = system.state(job)
    assert state.counts()["waiting"] == IMAGES, "every task was accepted, and told so"
    system.worker()
    system.wait(job)
    system.check(job)


def test_confirms_that_never_come_keep_the_tasks_unacknowledged(system: System) -> None:
    system.make_images(IMAGES)
    job = system.submit()
    with tapped(system) as tap:
        silence = tap.add(
            Swallow(connection="worker*", sender="broker", method="basic.ack", nth=None)
        )
        worker = system.worker(url=tap.url("worker"))
        tap.wait_for(lambda event: event.method == "basic.deliver", 20)
        worker.wait_for("ready")
        assert tap.wait_for(lambda event: event.method == "tap.fault", 20) is not None
        assert not [
            event
            for event in tap.events()
            if event.method == "basic.ack" and event.sender == "client" and event.channel == 1
        ], "no task is acknowledged before its report is safe"
        worker.kill()
        assert silence.fired > 0
    system.worker()
    system.wait(job)
    system.check(job)
