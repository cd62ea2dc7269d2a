"""Latency of a lone task, memory of a worker over many tasks, and what a long queue costs.

    .venv/bin/python benchmarks/project_limits.py --url amqp://... --management http://... \
        [--tasks 20000] [--queued 1000000] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
import urllib.request
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

import pika
import project_publish
import psutil
from project_bench import Bench, bench
from task_processor.amqp import streams
from task_processor.amqp.connect import session
from task_processor.codec import encode
from task_processor.jobs.events import Job
from task_processor.jobs.state import JobState
from task_processor.settings import Broker

JOB = Job(project_publish.JOB, 100_000_000, "grayscale", "/out", 4, 0.0, "bench", 0, 0)


def latency(on: Bench, times: int) -> dict[str, float]:
    """Milliseconds from publishing a task to reading that it is done, on an idle system."""
    seconds = []
    with session(Broker(on.url), "bench") as broker, on.worker(1, 0, handler="noop"):
        names = broker.names
        while not broker.count(names.tasks)[1]:
            time.sleep(0.05)
        time.sleep(2)
        events = streams.follow(broker, names.progress, "next", None)
        for number, task in enumerate(project_publish.tasks(range(1, times + 1))):
            began = time.perf_counter()
            properties = pika.BasicProperties(message_id=task.key, correlation_id=task.job)
            broker.channel.basic_publish(names.exchange, names.tasks, encode(task), properties)
            while True:
                event = next(events)
                if event is not None and event[1].get("done"):
                    break
            if number:  # the first one makes the consumer
                seconds.append(1000 * (time.perf_counter() - began))
    cuts = statistics.quantiles(seconds, n=100)
    return {"latency p50, ms": cuts[49], "latency p99, ms": cuts[98]}


def memory(on: Bench, count: int) -> dict[str, float]:
    """Megabytes of a worker's main process and processes after a tenth of the tasks, and all."""
    project_publish.publish(on.url, count, confirms=True)
    with on.worker(2, 0, handler="noop") as worker:
        sizes = []
        for left in (0.9 * count, 0):
            while on.count("images.tasks") > left:
                time.sleep(0.05)
            top = psutil.Process(worker.pid)
            family = (top, *top.children(recursive=True))
            sizes.append(sum(one.memory_info().rss for one in family) / 1e6)
    return {"worker after a tenth, MB": sizes[0], f"worker after {count}, MB": sizes[1]}


def long_queue(on: Bench, management: str, count: int) -> dict[str, float]:
    """What the broker's memory grows by, and how long reading the progress of it all takes."""
    before = _broker_memory(management, on.url)
    rate = project_publish.publish(on.url, count, confirms=True)
    after = _broker_memory(management, on.url)
    began = time.perf_counter()
    state = JobState(JOB)
    with session(Broker(on.url), "bench") as broker:
        for _, content in streams.read(broker, broker.names.progress, "first", JOB.id):
            state.apply(content)
    return {
        f"{count} queued, per second": rate,
        f"{count} queued, broker's memory +MB": (after - before) / 1e6,
        "reading the progress of all that, s": time.perf_counter() - began,
        "tasks known from it": float(state.counts()["waiting"] + state.counts()["done"]),
    }


def _broker_memory(management: str, url: str) -> int:
    parts = urlsplit(url)
    key = b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    time.sleep(6)  # the broker takes its figures every five seconds
    request = urllib.request.Request(  # noqa: S310 - the broker's own address
        management + "/api/nodes", headers={"Authorization": f"Basic {key}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return sum(int(node["mem_used"]) for node in json.load(answer))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="amqp://guest:guest@127.0.0.1:5672/")
    parser.add_argument("--management", default="http://127.0.0.1:15672")
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--queued", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: dict[str, float] = {}
    for measure in (
        lambda on: latency(on, 200),
        lambda on: memory(on, options.tasks),
        lambda on: long_queue(on, options.management, options.queued),
    ):
        with bench(options.url, options.management, "") as on:
            for name, value in measure(on).items():
                found[name] = value
                print(f"{name:<44} {value:10.1f}", flush=True)
    found["load average"] = os.getloadavg()[0]
    print(f"{'load average':<44} {found['load average']:10.1f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
