"""What three nodes cost against one: rates, and the processor time of all nodes for each task.

    .venv/bin/python benchmarks/project_cluster.py [--tasks 20000] [--json FILE]

Starts the nodes of docker/cluster.yml on free ports, first one, then three, and removes them. All
share this machine, so that the rates are lower than those of three machines; the processor time
is what three machines would spend, too.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import project_publish
from project_bench import ROOT, Bench

if TYPE_CHECKING:
    from tests.project_3_task_processor.faults.cluster import Cluster

sys.path.insert(0, str(ROOT))
TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(on: Cluster) -> float:
    """What the nodes have used since they started."""
    ticks = 0
    for node in on.nodes:
        for line in on.execute(node, "sh", "-c", "cat /proc/[0-9]*/stat").splitlines():
            fields = line.rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])  # proc(5): utime, stime
    return ticks / TICKS


def measure(on: Cluster, count: int) -> dict[str, float]:
    """Publish so many tasks that do nothing, and work them off."""
    found = {}
    system = Bench(on.url(on.nodes[0]), "")
    project_publish.publish(system.url, 100, confirms=True)  # declares the queues
    nodes = f"{len(on.nodes)} node{'s'[: len(on.nodes) - 1]}"
    before = processor_seconds(on)
    found[f"{nodes}: published, per second"] = project_publish.publish(system.url, count, True)
    between = processor_seconds(on)
    with system.worker(2, 0, handler="noop") as worker:
        rate = system.drain(worker, "images.tasks", count).rate
        while system.count("images.tasks"):
            time.sleep(0.05)
    found[f"{nodes}: worked off, per second"] = rate
    after = processor_seconds(on)
    found[f"{nodes}: processor time to publish one, us"] = 1e6 * (between - before) / count
    found[f"{nodes}: processor time to work one, us"] = 1e6 * (after - between) / count
    return found


def main() -> None:
    from course.brokers import probe
    from tests.project_3_task_processor.faults.cluster import NODES, running

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: dict[str, float] = {}
    for nodes in (NODES[:1], NODES):
        with running(nodes) as on:
            probe.wait_until_ready(on.url(nodes[0]), 60)
            for name, value in measure(on, options.tasks).items():
                found[name] = value
                print(f"{name:<46} {value:10.1f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
