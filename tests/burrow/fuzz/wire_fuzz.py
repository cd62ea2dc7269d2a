"""Send hostile inputs to a burrow and watch it: it must live, answer, and not grow."""

from __future__ import annotations

import collections
import re
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.burrow.process import Broker
from tests.burrow.wire import Connection

from .inputs import CLOSE, make

PATIENCE = 10.0  # seconds until a silent connection counts as hanging
GROWTH = 40.0  # MB of resident memory that may be added after the warm-up
CANARY_EVERY = 500


@dataclass
class Report:
    """What the inputs did."""

    inputs: int = 0
    kinds: collections.Counter[str] = field(default_factory=collections.Counter)
    endings: collections.Counter[str] = field(default_factory=collections.Counter)
    hanging: list[int] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    memory_before: float = 0.0
    memory_after: float = 0.0
    files_before: int = 0
    files_after: int = 0
    seconds: float = 0.0

    @property
    def failures(self) -> list[str]:
        """What must not be; empty when all is well."""
        found = [f"input {n} was never answered" for n in self.hanging] + self.trouble
        if self.memory_after - self.memory_before > GROWTH:
            found.append(f"memory grew from {self.memory_before:.0f} to {self.memory_after:.0f} MB")
        if self.files_after > self.files_before:
            found.append(f"open files grew from {self.files_before} to {self.files_after}")
        return found


def ending(answer: bytes) -> str:
    """How the broker's answer ended: `close-ok`, the code of its close, or `hung up`."""
    if answer.endswith(b"\x00\x0a\x00\x33\xce"):
        return "close-ok"
    codes = re.findall(rb"\x01\x00\x00....\x00\x0a\x00\x32(..)", answer, re.DOTALL)
    return str(int.from_bytes(codes[-1], "big")) if codes else "hung up"


def send(url: str, data: bytes) -> str | None:
    """Send the bytes and a connection.close, then end our half: how the broker ended its own half;
    None when it did not."""
    parts, answer = urlsplit(url), b""
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE) as peer:
        try:
            peer.sendall(data + CLOSE)
            peer.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it may have hung up already
        deadline = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < deadline:
                piece = peer.recv(1 << 16)
                if not piece:
                    return ending(answer)
                answer += piece
        except TimeoutError:
            return None
        except OSError:
            return ending(answer)
    return None


def canary(watcher: Connection) -> None:
    """A well-behaved client's round trip. Raises what a client would see when it fails."""
    channel = watcher.channel()
    queue = channel.own_queue()
    channel.publish(queue, "alive")
    got = channel.get(queue)
    if not got or got["body"] != "alive":
        raise AssertionError(f"a good client got {got}")
    channel.close()


def open_files(broker: Broker) -> int:
    """Descriptors of the broker's process (Linux)."""
    assert broker.process
    return len(list(Path(f"/proc/{broker.process.pid}/fd").iterdir()))


def fuzz(inputs: int, seed: int, start: int = 0, data: Path | None = None) -> Report:
    """Send inputs `start` to `start + inputs` of a seed to a fresh burrow, durable in `data`."""
    report, began = Report(), time.monotonic()
    with Broker(data) as broker:
        watcher = Connection(broker.url)
        warm = start + max(1, inputs // 5)
        for number in range(start, start + inputs):
            kind, raw = make(seed, number)
            report.kinds[kind] += 1
            report.inputs += 1
            try:
                ended = send(broker.url, raw)
                report.endings[ended or "never"] += 1
                if ended is None:
                    report.hanging.append(number)
                if number % CANARY_EVERY == 0 or number == start + inputs - 1:
                    canary(watcher)
            except Exception as error:
                report.trouble.append(f"input {number} ({kind}): {type(error).__name__} {error}")
                if not broker.alive():
                    report.trouble.append(f"the broker ended: {broker.log[-2000:]}")
                    break
                watcher = Connection(broker.url)
            if number == warm:
                report.memory_before, report.files_before = broker.memory(), open_files(broker)
        if broker.alive():
            deadline = time.monotonic() + PATIENCE
            while open_files(broker) > report.files_before and time.monotonic() < deadline:
                time.sleep(0.05)
            report.memory_after, report.files_after = broker.memory(), open_files(broker)
        watcher.close()
        for found in re.findall(
            r"Traceback.*?\n(?=\S*(?:Error|Exception))[^\n]*", broker.log, re.DOTALL
        ):
            report.trouble.append("logged " + found.splitlines()[-1])
    report.seconds = time.monotonic() - began
    return report
