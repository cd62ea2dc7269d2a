"""Run the state machine with a number of sequences and a seed, both printed."""

from __future__ import annotations

import os

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import Brokers
from .side import Side

EXAMPLES = int(os.environ.get("BURROW_DIFFERENTIAL_EXAMPLES", "150"))
SEED = int(os.environ.get("BURROW_DIFFERENTIAL_SEED", "20261121"))
STEPS = 30


def compare(
    burrow: str, rabbitmq: str, *, kind: str, examples: int, seed: int = SEED, shrink: bool = True
) -> tuple[int, int]:
    """Run `examples` sequences on both URLs: (sequences, operations) run.

    Raises AssertionError with the shortest sequence found that shows a difference.
    """
    print(f"differential: {kind}, {examples} sequences, seed {seed}", flush=True)
    # Quorum queues count an unacknowledged basic.get as a consumer: a documented difference.
    sides = tuple(
        Side(name, url, consumers=kind == "classic")
        for name, url in (("burrow", burrow), ("RabbitMQ", rabbitmq))
    )
    machine: type[Brokers] = type(kind, (Brokers,), {"kind": kind, "sides": sides})
    try:
        run_state_machine_as_test(
            hypothesis.seed(seed)(machine),
            settings=settings(
                max_examples=examples, stateful_step_count=STEPS, deadline=None, database=None,
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck), print_blob=False,
                phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
            ),
        )  # fmt: skip
    finally:
        for side in sides:
            side.close()
    return machine.sequences, machine.operations
