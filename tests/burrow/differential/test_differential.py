"""burrow and RabbitMQ cannot be told apart by random sequences of operations."""

from __future__ import annotations

import pytest

from .run import EXAMPLES, SEED, compare


@pytest.mark.slow
def test_random_sequences_look_the_same_on_both_brokers(burrow_url: str, rabbitmq_url: str) -> None:
    """On classic queues. Quorum queues take RabbitMQ minutes: `--kind quorum` of the command."""
    compare(burrow_url, rabbitmq_url, kind="classic", examples=EXAMPLES * 2 // 3, seed=SEED)
