"""What the measurements of the task processor share: a vhost, worker programs, rates."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pika
import psutil

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "project_3_task_processor"
sys.path.insert(0, str(PROJECT))


@dataclass(frozen=True)
class Drained:
    """Tasks per second, and microseconds of processor time that each cost its worker.

    The second is the one to compare on a machine that has other things to do.
    """

    rate: float
    microseconds: float


def _processor_seconds(pid: int) -> float:
    """What a program and its children have used."""
    top = psutil.Process(pid)
    used = 0.0
    for process in (top, *top.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used += times.user + times.system
    return used


class Bench:
    """A vhost whose queues are quorum queues by default, and Pythons to run programs with."""

    def __init__(self, url: str, peers: str) -> None:
        self.url = url
        self.peers = peers

    def count(self, queue: str) -> int:
        """Messages that are ready; its connection is made once."""
        if not hasattr(self, "_channel"):
            self._channel = pika.BlockingConnection(pika.URLParameters(self.url)).channel()
        return int(self._channel.queue_declare(queue, passive=True).method.message_count)

    @contextlib.contextmanager
    def program(self, words: list[str], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker that is stopped at the end. SystemExit if it complained, as it did not work."""
        path = os.pathsep.join([str(PROJECT), str(ROOT / "benchmarks")])
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                words,
                cwd=ROOT / "benchmarks",
                env={**os.environ, "PYTHONPATH": path, "BENCH_URL": self.url, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                yield process
                log.seek(0)
                if b"Traceback" in (said := log.read()):
                    raise SystemExit(f"{words[-1]} failed:\n{said[-2000:].decode()}")
            finally:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def worker(self, processes: int, prefetch: int, *options: str, handler: str = ""):
        """Our worker."""
        words = [sys.executable, "-m", "task_processor", "--url", self.url, "worker"]
        words += ["--processes", str(processes), "--prefetch", str(prefetch), *options]
        handlers = {"TASK_PROCESSOR_HANDLER": f"project_handlers:{handler}"} if handler else {}
        return self.program(words, **handlers)

    def drain(
        self, program: subprocess.Popen[bytes], queue: str, count: int, seconds: float = 300
    ) -> Drained:
        """How fast a queue shrinks between 90 % and 10 %, so that starting up isn't counted."""
        began: tuple[float, int, float] | None = None
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            left, now = self.count(queue), time.monotonic()
            if began is None and left <= 0.9 * count:
                began = now, left, _processor_seconds(program.pid)
            if began is not None and left <= 0.1 * count:
                tasks = began[1] - left
                used = _processor_seconds(program.pid) - began[2]
                return Drained(tasks / (now - began[0]), 1e6 * used / tasks)
            time.sleep(0.01)
        raise SystemExit(f"{queue} was not worked off within {seconds} s")


@contextlib.contextmanager
def bench(url: str, management: str, peers: str) -> Iterator[Bench]:
    """A throwaway vhost."""
    parts = urlsplit(url)
    key = b64encode(f"{parts.username}:{parts.password}".encode()).decode()

    def call(method: str, path: str, body: object = None) -> None:
        request = urllib.request.Request(  # noqa: S310 - the broker's own address
            management + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Basic {key}", "Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310

    name = f"bench-{os.getpid()}"
    call("PUT", f"/api/vhosts/{name}", {"default_queue_type": "quorum"})
    rights = {"configure": ".*", "write": ".*", "read": ".*"}
    call("PUT", f"/api/permissions/{name}/{parts.username}", rights)
    try:
        yield Bench(f"{parts.scheme}://{parts.netloc}/{name}", peers)
    finally:
        call("DELETE", f"/api/vhosts/{name}")
