"""What the tap costs, against the direct connection in the same run.

    python benchmarks/tap_overhead.py --url amqp://guest:guest@127.0.0.1:5672/%2F [--json]

The client is a process of its own, as a learner's program is; the tap runs in this one. Direct and
tapped rounds take turns, so that both meet the same machine; medians count.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import pika

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
BODY = b"x" * 100
LATENCY_MS, THROUGHPUT = 0.3, 0.6  # at most, at least


def confirms(url: str, count: int) -> float:
    """Median milliseconds until a publish is confirmed, one at a time."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    queue = f"bench-{uuid.uuid4().hex[:12]}"
    channel.queue_declare(queue, exclusive=True)
    channel.confirm_delivery()
    took = []
    for _ in range(count):
        started = time.perf_counter()
        channel.basic_publish("", queue, BODY)
        took.append(time.perf_counter() - started)
    connection.close()
    return statistics.median(took) * 1000


def consume(url: str, count: int) -> float:
    """Messages a second, each acknowledged, at prefetch 100."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    queue = f"bench-{uuid.uuid4().hex[:12]}"
    channel.queue_declare(queue, exclusive=True)
    for _ in range(count):
        channel.basic_publish("", queue, BODY)
    while channel.queue_declare(queue, passive=True).method.message_count < count:
        time.sleep(0.01)
    left = count

    def work(_: object, method: pika.spec.Basic.Deliver, *__: object) -> None:
        nonlocal left
        channel.basic_ack(method.delivery_tag)
        left -= 1
        if not left:
            channel.stop_consuming()

    channel.basic_qos(prefetch_count=100)
    started = time.perf_counter()
    channel.basic_consume(queue, work)
    channel.start_consuming()
    seconds = time.perf_counter() - started
    connection.close()
    return count / seconds


MEASURES = {"confirms": confirms, "consume": consume}


def measure(name: str, url: str, count: int) -> float:
    """One round, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--client", name, "--count", str(count)],
        stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, "RABBITMQ_URL": url},
    )  # fmt: skip
    return float(done.stdout)


def compare(options: argparse.Namespace) -> dict[str, float]:
    """Alternating rounds: direct, tapped, and tapped with a record."""
    from course.tap.tap import Tap

    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, Tap(options.url) as tap, \
            Tap(options.url, record=Path(folder) / "record") as recording:  # fmt: skip
        ways = {
            "direct": options.url,
            "tap": tap.url("client"),
            "record": recording.url("client"),
        }
        for _ in range(options.rounds):
            for name, count in (("confirms", options.publishes), ("consume", options.messages)):
                for way, url in ways.items():
                    found.setdefault(f"{name} {way}", []).append(measure(name, url, count))
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> int:
    """Exit code 0 when the tap (without a record) is as quick as wanted, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="amqp://guest:guest@127.0.0.1:5672/%2F")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--publishes", type=int, default=1_000, help="confirmed ones in a round")
    parser.add_argument("--messages", type=int, default=10_000, help="consumed ones in a round")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--client", choices=MEASURES, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        print(MEASURES[options.client](os.environ["RABBITMQ_URL"], options.count))
        return 0
    found = compare(options)
    for way in ("tap", "record"):
        found[f"{way} adds ms"] = found[f"confirms {way}"] - found["confirms direct"]
        found[f"{way} throughput ratio"] = found[f"consume {way}"] / found["consume direct"]
    well = found["tap adds ms"] <= LATENCY_MS and found["tap throughput ratio"] >= THROUGHPUT
    if options.json:
        print(json.dumps({name: round(value, 3) for name, value in found.items()}))
        return 0 if well else 1
    for name, value in found.items():
        print(f"{name:24} {value:10.3f}")
    print(f"wanted: at most +{LATENCY_MS} ms, at least {THROUGHPUT:.0%}: {'ok' if well else 'NO'}")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
