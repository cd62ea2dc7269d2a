"""What several tests need: a broker in a container, and a learner's command line."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from course.brokers import Broker, probe
from course.brokers.management import Management
from course.brokers.vhosts import name_of

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")  # its image may not be to be had

REPOSITORY = Path(__file__).resolve().parent.parent


class ContainerBroker(Broker):
    """RabbitMQ through testcontainers, on ports that stay the same when it restarts."""

    provider = "testcontainers"

    def __init__(self, container, amqp_port: int, management_port: int) -> None:
        self.container = container
        self.url = f"amqp://guest:guest@127.0.0.1:{amqp_port}/%2F"
        self.management = Management(f"http://127.0.0.1:{management_port}", "guest", "guest")

    @classmethod
    @contextlib.contextmanager
    def running(cls, image: str) -> Iterator["ContainerBroker"]:
        from testcontainers.core.container import DockerContainer

        amqp, management = probe.free_port(0), probe.free_port(0)
        # Not RabbitMqContainer: it opens its ports on every interface, and with_bind_ports, too.
        container = DockerContainer(image, hostname="rabbitmq")
        container.ports = {
            "5672/tcp": ("127.0.0.1", amqp),
            "15672/tcp": ("127.0.0.1", management),
        }
        with container:
            broker = cls(container, amqp, management)
            broker._wait()
            yield broker

    def restart(self) -> None:
        self.container.get_wrapped_container().restart(timeout=30)
        self._wait()

    def close(self) -> None:
        """The `with` that made the container removes it."""

    def _wait(self) -> None:
        probe.wait_until_ready(self.url, 120)
        self.management.wait_until_ready(60)


@contextlib.contextmanager
def any_ports() -> Iterator[None]:
    """Start brokers on any free ports: other tests may want the usual ones at this moment."""
    free = probe.free_port
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probe, "free_port", lambda wanted: free(0))
        yield


def learn(*words: str, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess:
    """Run the command line on pipes, as a script or an editor would."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "course", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "80", **environment},
        check=False,
    )


def eventually(check: Callable[[], object], what: str, seconds: float = 20) -> None:
    """Poll until `check()` is true; fail, naming `what`, at the deadline."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def drop_connections(broker: Broker, url: str, expected: int) -> None:
    """Have RabbitMQ close the vhost's connections once it lists them: a moment after they open."""

    def listed() -> bool:
        return len(broker.management._connections(name_of(url))) == expected

    eventually(listed, f"{expected} connections are listed")
    assert broker.drop_connections(url) == expected


def names_on(broker: Broker, url: str) -> set[str]:
    """The names of all queues and exchanges in the vhost of `url`."""
    vhost = url.rpartition("/")[2]
    return {
        thing["name"]
        for kind in ("queues", "exchanges")
        for thing in broker.management._call("GET", f"/api/{kind}/{vhost}?columns=name")
    }
