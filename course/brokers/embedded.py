"""burrow, the broker in this repository: for a machine that has nothing but Python."""

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import pika
import pika.exceptions

from course.brokers import probe
from course.brokers.base import Broker, Capabilities, Declared, Unavailable
from course.brokers.processes import end, remember, runs, start_detached
from course.brokers.state import Running
from course.errors import CouldNotCheck
from course.paths import work

START_SECONDS = 20
STOP_SECONDS = 10
CONNECTIONS = "amq.burrow.connections"
FOLLOWS = (4, 3, 6)  # the RabbitMQ whose behaviour it is tested against


class Node:
    """One burrow process, with its durable data in `folder`.

    Without a `port` it takes a free one when it first starts, and keeps it.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.port = port

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    def start(self) -> None:
        """Start it and return when it accepts connections; Unavailable if it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stop()  # one that an interrupted command left behind would hold the data
        ready = self.folder / "port"
        ready.unlink(missing_ok=True)
        command = [sys.executable, "-P", "-m", "burrow", "--port", str(self.port)]
        files = ["--data", str(self.folder / "data"), "--port-file", str(ready)]
        remember(self._note, start_detached([*command, *files], self.folder / "log", {}))
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if time.monotonic() > deadline or not runs(self._note):
                self.stop()
                raise Unavailable(f"burrow did not start; its last words are in {self.log}")
            time.sleep(0.02)
        self.port = int(ready.read_text(encoding="ascii"))

    def stop(self) -> None:
        end(self._note, STOP_SECONDS)

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def _note(self) -> Path:
        return self.folder / "burrow.process"


def begin(folder: Path, port: int) -> Node:
    """A node that has started; on another port if somebody takes this one meanwhile.

    Whether it was the port cannot be seen: who had it may have left. Any other cause comes again.
    """
    node = Node(folder, port)
    try:
        node.start()
    except Unavailable:
        node = Node(folder)
        node.start()
    return node


class EmbeddedBroker(Broker):
    """The learner's burrow. A throwaway vhost is a burrow of its own, gone with its data."""

    provider = "embedded"

    def __init__(self, running: Running) -> None:
        from burrow import BANNER  # not needed where another broker is used

        self.note = BANNER
        self.running = running
        self.node = Node(Path(running.details["folder"]), running.amqp_port)
        self.url = self.node.url
        self._throwaways: list[Node] = []

    @cached_property
    def capabilities(self) -> Capabilities:
        return Capabilities(self.server.product, FOLLOWS, restart=True, vhosts=True)

    @contextlib.contextmanager
    def new_vhost(self, declared: Declared | None = None) -> Iterator[str]:
        work().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=work(), prefix="burrow-") as folder:
            node = Node(Path(folder))
            node.start()
            self._throwaways.append(node)
            try:
                yield node.url
            finally:
                self._throwaways.remove(node)
                node.stop()

    def restart(self) -> None:
        """Restart those that lessons are running on, else the learner's own."""
        for node in self._throwaways or [self.node]:
            node.stop()
            node.start()

    def drop_connections(self, vhost_url: str) -> int:
        """As every provider; burrow's control for it is the name of a queue that is deleted."""
        try:
            with contextlib.closing(
                pika.BlockingConnection(pika.URLParameters(vhost_url))
            ) as asker:
                deleted = asker.channel().queue_delete(queue=CONNECTIONS)
        except pika.exceptions.AMQPError as error:
            raise CouldNotCheck(f"burrow does not close its connections: {error!r}") from None
        return int(deleted.method.message_count)

    def close(self) -> None:
        """Stop it. Its durable data stays."""
        self.node.stop()

    def erase(self) -> None:
        self.close()
        shutil.rmtree(self.node.folder, ignore_errors=True)

    def logs(self) -> None:
        """Print its last lines on stderr."""
        with contextlib.suppress(FileNotFoundError):
            lines = self.node.log.read_text(encoding="utf-8", errors="replace").splitlines()
            print(*lines[-100:], sep="\n", file=sys.stderr)


def start(say: Callable[[str], None]) -> EmbeddedBroker:
    """Start burrow in the background. Raises Unavailable if it does not start."""
    port = probe.free_port(5672)
    if port != 5672:
        say(f"Port 5672 is taken, so AMQP is on port {port}.")
    folder = work() / "embedded-broker"
    node = begin(folder, port)
    return EmbeddedBroker(
        Running(
            provider="embedded",
            amqp_port=node.port,
            management_port=None,
            details={"folder": str(folder)},
        )
    )
