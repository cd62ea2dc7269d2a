"""Choosing among the tap's events, and counting consumers."""

from typing import Any

import pytest

from course.grading.wire import choose, consumers, globs
from course.tap.event import Event


def events(*rows: dict[str, Any]) -> list[Event]:
    defaults = {"at": 0.0, "connection": "worker", "channel": 1, "sender": "client"}
    return [Event(number=n, **{**defaults, **row}) for n, row in enumerate(rows, start=1)]


SEEN = events(
    {"method": "basic.publish", "exchange": "logs", "message": "m1"},
    {"method": "basic.deliver", "sender": "broker", "queue": "a", "message": "m1"},
    {"method": "basic.ack", "messages": ("m0", "m1"), "connection": "worker#2"},
    {"method": "basic.ack", "sender": "broker", "connection": "worker-2"},
)


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"method": "basic.ack"}, [3, 4]),
        ({"method": ("basic.ack", "basic.publish")}, [1, 3, 4]),
        ({"process": "worker"}, [1, 2, 3]),
        ({"process": "worker-2"}, [4]),
        ({"sender": "broker"}, [2, 4]),
        ({"queue": "a"}, [2]),
        ({"message": "m1"}, [1, 2, 3]),
        ({"after": 2, "sender": "client"}, [3]),
    ],
)
def test_all_that_is_given_must_fit(filters: dict[str, Any], numbers: list[int]) -> None:
    assert [event.number for event in choose(SEEN, **filters)] == numbers


def test_a_filter_that_there_is_not_is_a_mistake() -> None:
    with pytest.raises(AttributeError):
        choose(SEEN, kew="a")


def test_consumers_count_from_the_confirmation_until_they_are_cancelled() -> None:
    ask = {"method": "basic.consume", "queue": "tasks"}
    yes = {"method": "basic.consume-ok", "sender": "broker"}
    stop = {"method": "basic.cancel", "consumer_tag": "one"}
    end = {"method": "tap.closed", "sender": "client"}
    both = [ask, ask, {**yes, "consumer_tag": "one"}, {**yes, "consumer_tag": "two"}]
    assert consumers(events(ask), "worker", None) == 0
    assert consumers(events(*both), "worker", "tasks") == 2
    assert consumers(events(*both), "worker", "other") == 0
    assert consumers(events(*both), "somebody", None) == 0
    assert consumers(events(*both, stop), "worker", "tasks") == 1
    assert consumers(events(*both, end), "worker", None) == 0


def test_a_name_is_no_pattern() -> None:
    assert globs("w[1]") == ("w[[]1]", "w[[]1]#*")
