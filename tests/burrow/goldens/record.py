"""Record all goldens from a RabbitMQ: `python -m tests.burrow.goldens.record --url URL`."""

from __future__ import annotations

import argparse
import datetime
import json
import sys

from tests.burrow.wire import Connection

from .registry import RECORDED, run, topics


def main() -> int:
    """Exit code 0: recorded; 1: the broker is no RabbitMQ, or two runs of a scenario differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="AMQP URL of a RabbitMQ 4.3")
    parser.add_argument("--topic", action="append", help="only this topic (repeatable)")
    parser.add_argument("--twice", action="store_true", help="run each twice, report what differs")
    args = parser.parse_args()
    connection = Connection(args.url)
    product, version = connection.server.get("product"), connection.server.get("version")
    connection.close()
    if product != "RabbitMQ":
        print(f"Goldens come from RabbitMQ only; this broker says it is {product!r}.")
        return 1
    unstable = 0
    for topic, items in topics().items():
        if args.topic and topic not in args.topic:
            continue
        seen = {}
        for name, scenario in items.items():
            seen[name] = run(scenario, args.url)
            if args.twice and (again := run(scenario, args.url)) != seen[name]:
                unstable += 1
                print(f"differs between runs: {topic}.{name}\n  {seen[name]}\n  {again}")
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        whole = {"broker": product, "version": version, "date": today, "scenarios": seen}
        text = json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False)
        RECORDED.mkdir(exist_ok=True)
        (RECORDED / f"{topic}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{topic}: {len(seen)} scenarios from {product} {version}")
    return 1 if unstable else 0


if __name__ == "__main__":
    sys.exit(main())
