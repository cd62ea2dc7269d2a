"""burrow and RabbitMQ cannot be told apart by random sequences of operations."""

from __future__ import annotations

import pytest

from .run import EXAMPLES, SEED, compare


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_random_sequences_look_the_same_on_both_brokers(
    kind: str, burrow_url: str, rabbitmq_url: str
) -> None:
    """Two thirds on classic queues: RabbitMQ takes a second for a sequence on quorum queues."""
    share = EXAMPLES // 3
    examples = share if kind == "quorum" else EXAMPLES - share
    compare(burrow_url, rabbitmq_url, kind=kind, examples=examples, seed=SEED)
