"""What three nodes cost against one: rates, and the processor time of all nodes for each task.

    .venv/bin/python benchmarks/project_cluster.py [--tasks 20000] [--json FILE]

Starts the nodes of docker/cluster.yml on free ports, first one, then three, and removes them. All
share this machine, so that the rates are lower than those of three machines; the processor time
is what three machines would spend, too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import project_publish
from project_bench import ROOT, Bench

sys.path.insert(0, str(ROOT))
NODES = ("rmq1", "rmq2", "rmq3")
TICKS = os.sysconf("SC_CLK_TCK")


class Cluster:
    """Containers of docker/cluster.yml."""

    def __init__(self, nodes: tuple[str, ...]) -> None:
        from course.brokers import docker, probe

        self.nodes = nodes
        self.name = f"bench-cluster-{os.getpid()}"
        self.port = probe.free_port(0)
        ports = {f"CLUSTER_PORT_{n}": str(probe.free_port(0)) for n in (2, 3)}
        self.environment = {**os.environ, **ports, "CLUSTER_PORT_1": str(self.port)}
        self.command = [*docker.compose(), "-p", self.name, "-f", str(ROOT / "docker/cluster.yml")]

    def compose(self, *words: str) -> str:
        return _run([*self.command, *words], self.environment)

    def wait(self) -> None:
        """Until all nodes are one cluster, and the first takes connections."""
        from course.brokers import probe

        probe.wait_until_ready(f"amqp://guest:guest@127.0.0.1:{self.port}/%2F", 180)
        first = self.compose("ps", "-q", "rmq1").strip()
        words = [
            "rabbitmqctl",
            "-q",
            "await_online_nodes",
            str(len(self.nodes)),
            "--timeout",
            "180",
        ]
        _run(["docker", "exec", first, *words], self.environment)

    def processor_seconds(self) -> float:
        """What the nodes have used since they started."""
        ticks = 0
        for node in self.nodes:
            container = self.compose("ps", "-q", node).strip()
            for line in _run(
                ["docker", "exec", container, "sh", "-c", "cat /proc/[0-9]*/stat"], self.environment
            ).splitlines():
                fields = line.rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])  # proc(5): utime, stime
        return ticks / TICKS


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True, timeout=300
    )
    return done.stdout


@contextlib.contextmanager
def cluster(nodes: tuple[str, ...]) -> Iterator[Cluster]:
    """Running, and removed with its data at the end."""
    made = Cluster(nodes)
    try:
        made.compose("up", "-d", *nodes)
        made.wait()
        yield made
    finally:
        made.compose("down", "-v", "-t", "5")


def measure(on: Cluster, count: int) -> dict[str, float]:
    """Publish so many tasks that do nothing, and work them off."""
    found = {}
    system = Bench(f"amqp://guest:guest@127.0.0.1:{on.port}/%2F", "")
    project_publish.publish(system.url, 100, confirms=True)  # declares the queues
    nodes = f"{len(on.nodes)} node{'s'[: len(on.nodes) - 1]}"
    before = on.processor_seconds()
    found[f"{nodes}: published, per second"] = project_publish.publish(system.url, count, True)
    between = on.processor_seconds()
    with system.worker(2, 0, handler="noop") as worker:
        rate = system.drain(worker, "images.tasks", count).rate
        while system.count("images.tasks"):
            time.sleep(0.05)
    found[f"{nodes}: worked off, per second"] = rate
    after = on.processor_seconds()
    found[f"{nodes}: processor time to publish one, us"] = 1e6 * (between - before) / count
    found[f"{nodes}: processor time to work one, us"] = 1e6 * (after - between) / count
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: dict[str, float] = {}
    for nodes in (NODES[:1], NODES):
        with cluster(nodes) as on:
            for name, value in measure(on, options.tasks).items():
                found[name] = value
                print(f"{name:<46} {value:10.1f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
