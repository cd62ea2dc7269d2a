"""RabbitMQ nodes in containers, as docker/cluster.yml describes them."""

import contextlib
import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence

from course.brokers import docker, probe
from tests.support import REPOSITORY, eventually

NODES = ("rmq1", "rmq2", "rmq3")
FILE = REPOSITORY / "docker" / "cluster.yml"


class Cluster:
    """Each node has a port of its own on 127.0.0.1, which it keeps."""

    def __init__(self, nodes: Sequence[str]) -> None:
        self.nodes = nodes
        self.name = f"cluster-{secrets.token_hex(3)}"
        self.ports = dict(zip(NODES, map(probe.free_port, (0, 0, 0)), strict=True))

    def url(self, node: str) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.ports[node]}/%2F"

    def compose(self, *words: str) -> str:
        ports = {f"CLUSTER_PORT_{node[-1]}": str(port) for node, port in self.ports.items()}
        command = [*docker.compose(), "-p", self.name, "-f", str(FILE), *words]
        return self._run(command, {**ports, "CLUSTER_COOKIE": self.name})

    def execute(self, node: str, *words: str) -> str:
        container = self.compose("ps", "-q", node).strip()
        return self._run(["docker", "exec", container, *words], {})

    def rabbitmqctl(self, node: str, *words: str) -> str:
        return self.execute(node, "rabbitmqctl", "-q", *words)

    def online(self, node: str, count: int) -> bool:
        """Whether the node knows of so many running ones."""
        try:
            self.rabbitmqctl(node, "await_online_nodes", str(count), "--timeout", "10")
        except subprocess.CalledProcessError:
            return False
        return True

    def leader(self, queue: str, ask: str = "rmq1") -> str:
        """The node that leads a quorum queue; "" if there is none now."""
        for line in self.rabbitmqctl(ask, "list_queues", "name", "leader").splitlines():
            name, _, leader = line.partition("\t")
            if name == queue:
                return leader.strip().removeprefix("rabbit@")
        return ""

    def _run(self, command: list[str], environment: dict[str, str]) -> str:
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=180,
            env={**os.environ, **environment},
        )  # fmt: skip
        return done.stdout


@contextlib.contextmanager
def running(nodes: Sequence[str] = NODES) -> Iterator[Cluster]:
    """A cluster of these that has formed; its containers and their data are removed."""
    cluster, count = Cluster(nodes), len(nodes)
    try:
        cluster.compose("up", "--detach", *nodes)
        for node in nodes:
            eventually(lambda node=node: cluster.online(node, count), f"{node} sees all", 180)
        yield cluster
    finally:
        cluster.compose("down", "--volumes", "--timeout", "1")
