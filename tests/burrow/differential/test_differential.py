"""burrow and RabbitMQ cannot be told apart by random sequences of operations."""

from __future__ import annotations

import pytest

from .run import EXAMPLES, SEED, compare


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_random_sequences_look_the_same_on_both_brokers(
    kind: str, burrow_url: str, rabbitmq_url: str
) -> None:
    examples = EXAMPLES * 2 // 3 if kind == "classic" else EXAMPLES // 3
    compare(burrow_url, rabbitmq_url, kind=kind, examples=examples, seed=SEED)
