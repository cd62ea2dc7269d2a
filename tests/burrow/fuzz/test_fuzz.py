"""Small counts of what the commands of this folder do in earnest."""

from __future__ import annotations

import sys

import pytest

from .inputs import KINDS, make
from .kill9 import kill9
from .scale import scale
from .wire_fuzz import fuzz

SEED = 20261121
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def test_an_input_is_the_same_for_the_same_seed_and_number() -> None:
    for number in range(len(KINDS)):
        assert make(SEED, number) == make(SEED, number)
        assert make(SEED, number) != make(SEED + 1, number)


@linux
def test_hostile_bytes_are_answered_and_leave_nothing_behind() -> None:
    print(f"seed {SEED}")
    assert fuzz(1000, SEED).failures == []


@linux
def test_many_connections_queues_and_messages_are_served() -> None:
    for measure in scale(100, 300, 10_000):
        print(measure)


@pytest.mark.slow
def test_nothing_confirmed_is_lost_when_the_broker_is_killed() -> None:
    print(f"seed {SEED}")
    ledger = kill9(3, SEED)
    assert ledger.rounds == 3
    assert ledger.kept
    assert ledger.lost == []
    assert ledger.wrong == []
