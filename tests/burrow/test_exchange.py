"""Routing without a broker: which bindings a message follows."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burrow.errors import AmqpError
from burrow.exchange.exchanges import TYPES, Binding, Exchange
from burrow.queue.arguments import Arguments
from burrow.wire.tables import Fields, encode, join_table

WORDS = st.lists(st.sampled_from(["a", "b", "", "*", "#"]), max_size=5).map(".".join)
KEYS = st.lists(st.sampled_from(["a", "b", ""]), max_size=5).map(".".join)


def _bind(exchange: Exchange, key: str, to: Exchange, fields: Fields = ()) -> None:  # type: ignore[assignment]
    exchange.bind(Binding(key, to, Arguments(join_table(list(fields)))))


def _named(name: str) -> Exchange:
    return TYPES["fanout"](name)


def _pattern(key: str) -> re.Pattern[str]:
    """The same meaning, said with a regular expression over words that each end with a dot."""
    words = key.split(".") if key else []
    parts = {"#": r"(?:[^.]*\.)*", "*": r"[^.]*\."}
    return re.compile("".join(parts.get(word, re.escape(word) + r"\.") for word in words))


@given(st.lists(WORDS, max_size=8), KEYS)
def test_topic_patterns_match_as_their_regular_expressions(patterns: list[str], key: str) -> None:
    topic = TYPES["topic"]("t")
    ends = {pattern: _named(pattern) for pattern in patterns}
    for pattern, end in ends.items():
        _bind(topic, pattern, end)
    text = "".join(word + "." for word in (key.split(".") if key else []))
    wanted = {pattern for pattern in patterns if _pattern(pattern).fullmatch(text)}
    assert {end.name for end in topic.match(key, {})} == wanted


@given(st.lists(WORDS, min_size=1, max_size=8), KEYS)
def test_a_topic_exchange_forgets_what_is_unbound(patterns: list[str], key: str) -> None:
    topic = TYPES["topic"]("t")
    end = _named("end")
    for pattern in patterns:
        _bind(topic, pattern, end)
    for pattern in set(patterns):
        assert topic.unbind(Binding(pattern, end, Arguments()))
    assert not list(topic.match(key, {}))
    assert not topic.bindings


def test_a_third_hash_in_a_topic_pattern_is_refused() -> None:
    TYPES["topic"]("t").check("#.a.#", Arguments())
    with pytest.raises(AmqpError) as refused:
        TYPES["topic"]("t").check("#.a.#.#", Arguments())
    assert refused.value.code == 406


def test_a_binding_made_twice_is_one() -> None:
    for kind in ("direct", "fanout", "topic", "headers"):
        exchange, end = TYPES[kind]("x"), _named("end")
        _bind(exchange, "k", end)
        _bind(exchange, "k", end)
        assert len(exchange.bindings) == 1
        assert exchange.unbind(Binding("k", end, Arguments()))
        assert not exchange.unbind(Binding("k", end, Arguments()))
        assert not list(exchange.match("k", {}))


@pytest.mark.parametrize(
    ("match", "headers", "wanted"),
    [
        ("all", {"a": 1, "b": "x"}, True),
        ("all", {"a": 1}, False),
        ("any", {"a": 1}, True),
        ("any", {"a": 2}, False),
        ("all", {"a": 1.0, "b": "x"}, False),
        ("all", {"a": True, "b": "x"}, False),
        ("all", {"a": 1, "b": "x", "more": 1}, True),
        ("all-with-x", {"a": 1, "b": "x"}, False),
        ("any-with-x", {"x-c": 3}, True),
    ],
)
def test_headers_match(match: str, headers: dict[str, object], wanted: bool) -> None:
    exchange, end = TYPES["headers"]("x"), _named("end")
    fields = [
        (b"x-match", encode(match)),
        (b"a", encode(1)),
        (b"b", encode("x")),
        (b"x-c", encode(3)),
    ]
    _bind(exchange, "", end, fields)
    assert bool(list(exchange.match("", headers))) is wanted


def test_an_empty_headers_binding_matches_all_but_any() -> None:
    exchange = TYPES["headers"]("x")
    _bind(exchange, "", _named("all"))
    _bind(exchange, "", _named("any"), [(b"x-match", encode("any"))])
    assert [end.name for end in exchange.match("", {"h": 1})] == ["all"]
