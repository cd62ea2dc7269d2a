"""The local model routes as RabbitMQ does."""

import pytest
from hypothesis import HealthCheck, given, settings

from course.brokers import Broker
from course.quiz.lab import Lab, Refused, Topology
from course.quiz.matching import takes
from course.quiz.rabbit import Rabbit
from course.quiz.simulated import Simulated
from tests.course.quiz.strategies import routing_keys, topologies


@pytest.mark.parametrize(
    ("pattern", "taken", "left"),
    [
        ("*", ["a", "kern*"], ["", "a.b", "."]),
        ("#", ["", "a", "a.b", "..", "a..b"], []),
        ("kern.*", ["kern.info", "kern."], ["kern", "kern.a.b", "Kern.info"]),
        ("kern.#", ["kern", "kern.a.b", "kern."], ["kernel", "a.kern"]),
        ("a.#.b", ["a.b", "a..b", "a.x.y.b"], ["a", "b", "a.b.c"]),
        ("#.b.#.c", ["b.c", "x.b.y.c"], ["c.b", "b"]),
        ("", [""], ["a", "."]),
        ("kern*", ["kern*"], ["kernel", "kern.a"]),
    ],
)
def test_a_topic_pattern_takes_and_leaves(pattern: str, taken: list, left: list) -> None:
    for key in taken:
        assert takes("topic", pattern, key), f"{pattern} should take {key!r}"
    for key in left:
        assert not takes("topic", pattern, key), f"{pattern} should leave {key!r}"


def test_a_third_hash_is_refused_in_the_brokers_words() -> None:
    with pytest.raises(Refused, match=r"406 PRECONDITION_FAILED .* uses 3 '#'"):
        takes("topic", "#.a.#.b.#", "a.b")


def test_many_hashes_cost_no_time() -> None:
    assert not takes("topic", "#.*.*.*.*.#.x", ".".join(["a"] * 120))


def routed(lab: Lab, topology: Topology, keys: list[str]) -> object:
    try:
        return lab.route(topology, keys)
    except Refused as refused:
        return str(refused)


def test_random_bindings_route_as_on_rabbitmq(rabbitmq: Broker) -> None:
    lab = Rabbit(rabbitmq)

    @settings(
        max_examples=60,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(topologies, routing_keys)
    def agree(topology: Topology, keys: list[str]) -> None:
        assert routed(Simulated(), topology, keys) == routed(lab, topology, keys)

    agree()
