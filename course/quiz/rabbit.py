"""Asks a real broker: builds a topology, takes steps or runs a script in a throwaway vhost."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pika
import pika.exceptions

from course.brokers import Broker, Declared
from course.errors import CouldNotCheck
from course.player.declared import names_in
from course.quiz.lab import Counts, Lab, Refused, Topology
from course.quiz.parts import Script
from course.quiz.stepping import Stepping
from course.quiz.steps import Bind, Declare, Step

EXCHANGE = "learn_quiz"
SCRIPT_SECONDS = 20


class Rabbit(Lab):
    """A lab on a running broker."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker

    def describe(self) -> str:
        return f"{self.broker.server} ({self.broker.provider})"

    def route(self, topology: Topology, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        declared = Declared(topology.queues, (EXCHANGE,))
        with _explained(), self.broker.new_vhost(declared) as url, _connected(url) as connection:
            channel = connection.channel()
            channel.exchange_declare(exchange=EXCHANGE, exchange_type=topology.exchange_type)
            for queue in topology.queues:
                channel.queue_declare(queue=queue, exclusive=True)
            for queue, binding_key in topology.bindings:
                try:
                    channel.queue_bind(exchange=EXCHANGE, queue=queue, routing_key=binding_key)
                except pika.exceptions.ChannelClosedByBroker as error:
                    raise Refused(f"{error.reply_code} {error.reply_text}") from None
            channel.confirm_delivery()  # so that each message is where it goes before we look
            for number, key in enumerate(keys):
                body = str(number).encode()
                channel.basic_publish(exchange=EXCHANGE, routing_key=key, body=body)
            arrived = {queue: set(_bodies(channel, queue)) for queue in topology.queues}
        return {
            key: tuple(q for q in topology.queues if str(number).encode() in arrived[q])
            for number, key in enumerate(keys)
        }

    def count(self, steps: Sequence[Step], queue: str) -> Counts:
        queues = tuple(step.queue for step in steps if isinstance(step, Declare))
        exchanges = tuple({step.exchange for step in steps if isinstance(step, Bind)})
        with (
            _explained(),
            self.broker.new_vhost(Declared(queues, exchanges)) as url,
            contextlib.closing(Stepping(url)) as stepping,
        ):
            for step in steps:
                stepping.take(step)
            return stepping.counts(queue)

    def last_line(self, script: Script) -> str:
        with tempfile.TemporaryDirectory(prefix="learn-") as folder:
            file = Path(folder) / "predict.py"
            file.write_text(script.code, encoding="utf-8")
            try:
                declared = names_in(file.parent)
            except SyntaxError as error:
                raise CouldNotCheck(f"the script is not valid Python: {error}") from None
            with _explained(), self.broker.new_vhost(declared) as url:
                return _run(file, url)


@contextlib.contextmanager
def _connected(url: str) -> Iterator[Any]:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """AMQP's errors become CouldNotCheck."""
    try:
        yield
    except (pika.exceptions.AMQPError, OSError) as error:
        said = ", ".join(str(part) for part in error.args) or type(error).__name__
        raise CouldNotCheck(f"the broker did not go along: {said}") from None


def _bodies(channel: Any, queue: str) -> Iterator[bytes]:
    while True:
        method, _, body = channel.basic_get(queue=queue, auto_ack=True)
        if method is None:
            return
        yield body


def _run(file: Path, url: str) -> str:
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "course.host", str(file)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=SCRIPT_SECONDS,
            env={**os.environ, "RABBITMQ_URL": url, "PYTHONUTF8": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CouldNotCheck(f"the script did not end within {SCRIPT_SECONDS} s.") from None
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or not lines:
        said = done.stderr.strip().splitlines()[-1:] or ["it printed nothing"]
        raise CouldNotCheck(f"the script failed: {said[0].strip()}")
    return lines[-1].strip()
