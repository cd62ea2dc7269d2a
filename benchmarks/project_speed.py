"""The task processor beside Celery, Dramatiq, a plain pool, and itself without guarantees.

    python -m venv .venv-bench && .venv-bench/bin/pip install -r requirements-bench.lock
    .venv/bin/python benchmarks/project_speed.py --peers .venv-bench/bin/python [--json FILE]

Everything runs on the same machine and broker in the same run: quorum queues, persistent messages,
late acks, publisher confirms. Ratios are what counts; they are printed with the targets.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import project_images
import project_publish
from project_bench import Bench, Drained, bench

PROCESSES = 2


def noop_ours(on: Bench, count: int) -> Drained:
    """Our tasks per second, with an output reported and logged for each."""
    project_publish.publish(on.url, count, confirms=True)
    with on.worker(PROCESSES, 200, handler="noop") as worker:
        return on.drain(worker, "images.tasks", count)


def noop_celery(on: Bench, count: int) -> Drained:
    environment = {**os.environ, "BENCH_URL": on.url}
    publish = [on.peers, "benchmarks/project_peer_celery.py", "publish", str(count)]
    subprocess.run(publish, check=True, env=environment, capture_output=True)
    words = [on.peers, "-m", "celery", "-A", "project_peer_celery", "worker", "-c"]
    words += [str(PROCESSES), "--without-gossip", "--without-mingle", "--without-heartbeat"]
    with on.program([*words, "-l", "ERROR"]) as worker:
        return on.drain(worker, "bench-celery", count)


def noop_dramatiq(on: Bench, count: int, threads: int) -> Drained:
    environment = {**os.environ, "BENCH_URL": on.url}
    publish = [on.peers, "benchmarks/project_peer_dramatiq.py", "publish", str(count)]
    subprocess.run(publish, check=True, env=environment, capture_output=True)
    words = [on.peers, "-m", "dramatiq", "project_peer_dramatiq", "-p", str(PROCESSES)]
    words += ["-t", str(threads)]
    with on.program(words, dramatiq_queue_prefetch="200") as worker:
        return on.drain(worker, "bench-dramatiq", count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="amqp://guest:guest@127.0.0.1:5672/")
    parser.add_argument("--management", default="http://127.0.0.1:15672")
    parser.add_argument("--peers", default="", help="a Python that has celery and dramatiq")
    parser.add_argument("--only", default="noop,publish,images")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.chdir(Path(__file__).resolve().parents[1])
    found: dict[str, float] = {}
    only = set(options.only.split(","))
    with bench(options.url, options.management, options.peers) as on:
        if "noop" in only:
            found |= noop(on, options)
        if "publish" in only:
            rates: dict[bool, list[float]] = {True: [], False: []}
            for _ in range(2 * options.times):
                for confirms in (True, False):
                    rate = project_publish.publish(on.url, options.tasks, confirms)
                    rates[confirms].append(rate)
            found["publish with confirms/s"] = statistics.median(rates[True])
            found["publish without confirms/s"] = statistics.median(rates[False])
        if "images" in only:
            with tempfile.TemporaryDirectory() as folder:
                images = project_images.Images(on, Path(folder), options.images)
                found |= images.measure(PROCESSES, options.times)
    found["load average"] = os.getloadavg()[0]
    report(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")


def noop(on: Bench, options: argparse.Namespace) -> dict[str, float]:
    """No-op tasks per second; peers take turns with us, so that a busy machine is busy for all."""
    runs: dict[str, list[Drained]] = {"ours": [], "celery": [], "dramatiq": []}
    for _ in range(options.times):
        runs["ours"].append(noop_ours(on, options.tasks))
        if on.peers:
            runs["celery"].append(noop_celery(on, options.tasks // 4))
            threads = [noop_dramatiq(on, options.tasks // 2, threads) for threads in (1, 8)]
            runs["dramatiq"].append(max(threads, key=lambda one: one.rate))
    found = {}
    for name, drained in runs.items():
        if drained:
            found[f"no-op {name}/s"] = statistics.median(one.rate for one in drained)
            found[f"no-op {name}, us of processor each"] = statistics.median(
                one.microseconds for one in drained
            )
    return found


def report(found: dict[str, float]) -> None:
    for name, value in found.items():
        print(f"{name:<40} {value:10.1f}")
    for above, below, target in (
        ("no-op ours/s", "no-op celery/s", 5.0),
        ("no-op ours/s", "no-op dramatiq/s", 2.0),
        ("publish with confirms/s", "publish without confirms/s", 0.7),
        ("images ours/s", "images pool/s", 0.9),
        ("images ours/s", "images celery/s", 1.0),
        ("images ours/s", "images dramatiq/s", 1.0),
    ):
        if above in found and below in found:
            ratio = found[above] / found[below]
            met = "met" if ratio >= target else "NOT MET"
            print(f"{above} : {below} = {ratio:.2f} (target {target}: {met})")


if __name__ == "__main__":
    sys.exit(main())
