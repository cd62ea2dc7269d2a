"""x-death and the cycle rule, without a broker."""

from __future__ import annotations

import struct
from typing import Any

from burrow.deadletters import Death, Deaths, dead_letter, record
from burrow.message import Message, read_properties
from burrow.wire import tables

CONTENT_HEADER = struct.pack(">HHQ", 60, 0, 2)  # class, weight, size of the body


def _message(**properties: bytes) -> Message:
    header = CONTENT_HEADER + tables.join_properties(properties)
    return Message("x", ("k", "cc"), header, b"hi", read_properties(header))


def _headers(message: Message) -> dict[str, Any]:
    return {k.decode(): tables.decode(v) for k, v in message.properties.headers or []}


def test_a_dead_letter_tells_where_and_why_it_died() -> None:
    dead = dead_letter(_message(), "q", "rejected", "dlx", None, 0)
    headers = _headers(dead)
    (death,) = headers["x-death"]
    assert (death["queue"], death["reason"], death["count"]) == ("q", "rejected", 1)
    assert (death["exchange"], death["routing-keys"]) == ("x", ["k", "cc"])
    assert headers["x-first-death-queue"] == headers["x-last-death-queue"] == "q"
    assert (dead.exchange, dead.keys, dead.body) == ("dlx", ("k", "cc"), b"hi")


def test_a_key_of_the_queue_replaces_those_of_the_message() -> None:
    assert dead_letter(_message(), "q", "maxlen", "dlx", "new", 0).keys == ("new",)


def test_deaths_for_the_same_reason_in_the_same_queue_are_counted() -> None:
    message = _message()
    for queue in ("a", "b", "a"):
        message = dead_letter(message, queue, "expired", "", queue, 0)
    deaths = _headers(message)["x-death"]
    assert [(death["queue"], death["count"]) for death in deaths] == [("a", 2), ("b", 1)]
    assert _headers(message)["x-first-death-queue"] == "a"


def test_the_expiration_goes_and_is_remembered() -> None:
    message = _message(expiration=tables.short_string("50"), delivery_mode=b"\x02")
    dead = dead_letter(message, "q", "expired", "", None, 0)
    assert dead.properties.expiration is None
    assert dead.properties.persistent
    assert _headers(dead)["x-death"][0]["original-expiration"] == "50"


def test_a_clients_own_x_death_is_replaced_and_its_other_headers_stay() -> None:
    own: tables.Fields = [(b"x-death", tables.encode("mine")), (b"n", b"s\x00\x07")]
    dead = dead_letter(_message(headers=tables.table(own)), "q", "rejected", "", None, 0)
    assert _headers(dead)["n"] == 7
    assert (b"n", b"s\x00\x07") in (dead.properties.headers or [])
    assert len(_headers(dead)["x-death"]) == 1


def _deaths(*pairs: tuple[str, str]) -> Deaths:
    deaths: Deaths | None = None
    for queue, reason in pairs:
        deaths = record(deaths, Death(1, reason, queue, 0, "", (), None), published_size=2)
    assert deaths is not None
    return deaths


def test_a_loop_without_a_client_is_a_cycle() -> None:
    assert _deaths(("a", "expired"), ("b", "maxlen")).is_cycle("a")
    assert not _deaths(("a", "expired"), ("b", "maxlen")).is_cycle("c")


def test_a_loop_with_a_rejection_in_it_is_none() -> None:
    assert not _deaths(("a", "expired"), ("b", "rejected")).is_cycle("a")
    assert _deaths(("b", "rejected"), ("a", "expired")).is_cycle("a")
