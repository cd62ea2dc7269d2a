"""Show where a broker differs from the goldens: `python -m tests.burrow.goldens.compare`."""

from __future__ import annotations

import argparse
import json
import sys

from tests.burrow.process import Broker
from tests.burrow.wire import Json

from .differences import DOCUMENTED
from .registry import everything, load, run, topics


def differences(want: Json, got: Json, path: str = "") -> list[str]:
    """One line per leaf that differs: where, what RabbitMQ did, what this broker did."""
    if isinstance(want, dict) and isinstance(got, dict):
        keys = sorted({*want, *got})
        return [line for key in keys for line in differences(
            want.get(key, "(absent)"), got.get(key, "(absent)"), f"{path}/{key}")]  # fmt: skip
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        pairs = enumerate(zip(want, got, strict=True))
        return [line for n, (a, b) in pairs for line in differences(a, b, f"{path}/{n}")]
    if want == got:
        return []
    return [f"  {path or '/'}: RabbitMQ {json.dumps(want)}, here {json.dumps(got)}"]


def main() -> int:
    """Exit code 0: as recorded; 1: differences, printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="AMQP URL; without it, a burrow is started")
    parser.add_argument("--only", default="", help="part of a scenario's name")
    args = parser.parse_args()
    broker = Broker()
    if not args.url:
        broker.start()
    found = total = 0
    try:
        for topic, name in everything():
            if args.only not in f"{topic}.{name}":
                continue
            total += 1
            try:
                seen = run(topics()[topic][name], args.url or broker.url)
            except Exception as error:  # one broken scenario must not hide the others
                lines = [f"  raised {type(error).__name__}: {error}"]
            else:
                lines = differences(load(topic)["scenarios"][name], seen)
            if lines and (topic, name) not in DOCUMENTED:
                found += 1
                print(f"{topic}.{name}", *lines, sep="\n")
    finally:
        if not args.url:
            broker.stop()
    print(f"{total - found} of {total} scenarios as recorded")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
