"""The local model counts as RabbitMQ does."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from course.brokers import Broker
from course.quiz.lab import Counts
from course.quiz.rabbit import Rabbit
from course.quiz.simulated import Simulated
from course.quiz.steps import Step
from tests.course.quiz.strategies import step_lists

STEPS = TypeAdapter(list[Step])
PUBLISH = {"do": "publish", "key": "work"}
CONSUME = {"do": "consume", "consumer": "c", "queue": "work", "prefetch": 1}
CLOSE = {"do": "close", "consumer": "c"}
EXPIRE = {"do": "expire", "queue": "work"}


def answer(verb: str, requeue: bool) -> dict[str, Any]:
    return {"do": verb, "consumer": "c", "requeue": requeue}


DEAD_LETTERS = {
    "rejected": [PUBLISH, CONSUME, answer("reject", False)],
    "nacked": [PUBLISH, CONSUME, answer("nack", False)],
    "returned and then nacked": [PUBLISH, CONSUME, answer("nack", True), answer("nack", False)],
    "dropped for the length": [PUBLISH, PUBLISH, PUBLISH],
    "returned, and dropped for the length": [PUBLISH, CONSUME, CLOSE, *[PUBLISH] * 3],
    "expired": [PUBLISH, EXPIRE],
    "returned, and expired": [PUBLISH, CONSUME, CLOSE, EXPIRE],
    "expired while held, then let go": [PUBLISH, CONSUME, EXPIRE, CLOSE],
    "expired while held, then rejected": [PUBLISH, CONSUME, EXPIRE, answer("reject", False)],
    "expired beside one that is held": [
        *(PUBLISH, PUBLISH, CONSUME, EXPIRE),
        {"do": "ack", "consumer": "c"},
    ],
}


def with_dead_letters(name: str, kind: str) -> list[Step]:
    work: dict[str, Any] = {"do": "declare", "queue": "work", "dead_letter_to": "dead"}
    if "length" in name:
        work["max_length"] = 2
    if "expired" in name:
        work["ttl_ms"] = 1500
    dead = {"do": "declare", "queue": "dead", "kind": kind}
    return STEPS.validate_python([dead, work | {"kind": kind}, *DEAD_LETTERS[name]])


@pytest.mark.parametrize("kind", ["quorum", "classic"])
@pytest.mark.parametrize("name", DEAD_LETTERS)
def test_dead_letters_are_counted_as_on_rabbitmq(rabbitmq: Broker, name: str, kind: str) -> None:
    steps = with_dead_letters(name, kind)
    assert Simulated().count(steps, "dead") == Rabbit(rabbitmq).count(steps, "dead")


@pytest.mark.slow
def test_random_steps_count_as_on_rabbitmq(rabbitmq: Broker) -> None:
    lab = Rabbit(rabbitmq)

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(step_lists(), st.sampled_from(["work", "dead"]))
    def agree(steps: list[Step], queue: str) -> None:
        assert Simulated().count(steps, queue) == lab.count(steps, queue)

    agree()


def count(*steps: dict[str, Any]) -> Counts:
    return Simulated().count(
        STEPS.validate_python([{"do": "declare", "queue": "work"}, *steps]), "work"
    )


def test_a_prefetch_count_limits_what_a_consumer_holds() -> None:
    published = {"do": "publish", "key": "work", "count": 5}
    assert count(published, CONSUME | {"prefetch": 2}) == Counts(3, 2, 0)
    assert count(published, CONSUME | {"prefetch": 0}) == Counts(0, 5, 0)


def test_what_a_lost_consumer_held_comes_back_marked() -> None:
    published = {"do": "publish", "key": "work", "count": 5}
    assert count(published, CONSUME | {"prefetch": 2}, CLOSE) == Counts(5, 0, 2)


def test_automatic_acknowledgement_loses_what_was_sent() -> None:
    published = {"do": "publish", "key": "work", "count": 5}
    assert count(published, CONSUME | {"auto_ack": True}, CLOSE) == Counts(0, 0, 0)


def test_a_message_without_a_queue_is_gone() -> None:
    assert count({"do": "publish", "key": "elsewhere"}) == Counts(0, 0, 0)
