"""`python -m tests.burrow.differential --rabbitmq URL --examples 2000 --seed N`."""

from __future__ import annotations

import argparse
import sys
import time

from hypothesis.errors import HypothesisException

from tests.burrow.process import Broker

from .run import SEED, compare


def main() -> int:
    """Exit code 0: alike; 1: a difference, printed as the shortest sequence that shows it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rabbitmq", required=True, help="AMQP URL of a RabbitMQ 4.3")
    parser.add_argument("--burrow", help="AMQP URL; without it, a burrow is started")
    parser.add_argument(
        "--examples", type=int, default=150, help="sequences, of both kinds of queue"
    )
    parser.add_argument("--kind", choices=["classic", "quorum"], action="append")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--no-shrink", action="store_true", help="show the first difference as found"
    )
    args = parser.parse_args()
    broker = Broker()
    if not args.burrow:
        broker.start()
    started, failed = time.monotonic(), 0
    kinds = args.kind or ["classic", "quorum"]
    try:
        for kind in kinds:
            try:
                sequences, operations = compare(
                    args.burrow or broker.url, args.rabbitmq, kind=kind, seed=args.seed,
                    examples=args.examples // len(kinds), shrink=not args.no_shrink)  # fmt: skip
                print(f"{kind}: {sequences} sequences, {operations} operations, no difference")
            except (AssertionError, HypothesisException) as error:
                failed = 1
                print(f"{kind}: {error}", *getattr(error, "__notes__", []), sep="\n")
    finally:
        if not args.burrow:
            broker.stop()
    print(f"{time.monotonic() - started:.0f} s, seed {args.seed}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
