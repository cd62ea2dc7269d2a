"""The main process's side of one worker process: starting, feeding, hearing, killing it."""

import asyncio
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

import task_processor
from task_processor.worker import frames
from task_processor.worker.cell import Cell
from task_processor.worker.delivery import Delivery

PACKAGE = Path(task_processor.__file__).parent.parent
START_SECONDS = 60


class Child:
    """A worker process, its pipes, and the deliveries that it holds.

    Two threads do the blocking reads and writes, on every system alike; everything else runs in
    the loop.
    """

    def __init__(
        self,
        settings: dict[str, Any],
        loop: asyncio.AbstractEventLoop,
        on_reports: Callable[["Child", list[list[Any]]], None],
        on_end: Callable[["Child"], None],
    ) -> None:
        self.cell = Cell.create()
        self.loop = loop
        self.held: dict[int, Delivery] = {}
        self.batches = 0  # handed over and not finished
        self.ready = False
        self.stopping = False
        self.cause = ""
        self.since = time.monotonic()  # it has worked on its present task for no longer than this
        self.seconds = 0.0  # how long the tasks of the last report took together
        self._last_serials: list[int] = []
        self._on_reports = on_reports
        self._on_end = on_end
        self._frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        search = os.pathsep.join([str(PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])])
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "task_processor.worker.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": search},
        )
        self._stdin = cast(BinaryIO, self.process.stdin)
        self._stdout = cast(BinaryIO, self.process.stdout)
        self._frames.put(frames.to_json({**settings, "cell": str(self.cell.path)}))
        for target in (self._write, self._read):
            threading.Thread(target=target, daemon=True).start()

    @property
    def pid(self) -> int:
        return self.process.pid

    def give(self, deliveries: list[tuple[int, Delivery]]) -> None:
        """Hand over a batch, with serial numbers that ascend from batch to batch."""
        if not self.held:
            self.since = time.monotonic()
        self.held.update(deliveries)
        self.batches += 1
        self._last_serials.append(deliveries[-1][0])
        self._frames.put(frames.pack_tasks([(serial, one.body) for serial, one in deliveries]))

    def take(self, serial: int) -> Delivery | None:
        """A report on this task came: the child holds it no more."""
        if self._last_serials and serial >= self._last_serials[0]:
            self._last_serials.pop(0)
            self.batches -= 1
        return self.held.pop(serial, None)

    def stop(self) -> None:
        """Let it finish the task at hand, and end."""
        if not self.stopping:
            self.stopping = True
            self._frames.put(b"")

    def kill(self, cause: str) -> None:
        """End it at once; `cause` is the reason that its task gets."""
        self.cause = self.cause or cause
        self.process.kill()

    def culprit(self) -> Delivery | None:
        """After its end: the task that it was at, if it was at one."""
        begun, finished = self.cell.read()
        return self.held.pop(begun, None) if begun != finished else None

    def _write(self) -> None:
        pipe = self._stdin
        try:
            while (content := self._frames.get()) is not None:
                frames.write(pipe, content)
            pipe.close()
        except OSError:
            pass  # it has ended; the other thread sees that, too

    def _read(self) -> None:
        pipe = self._stdout
        try:
            while True:
                reports = json.loads(frames.read(pipe))
                self._in_loop(self._heard, reports)
        except (frames.BrokenPipe, OSError, ValueError):
            pass
        finally:
            self.process.kill()
            self.process.wait()
            self._frames.put(None)
            pipe.close()
            self._in_loop(self._ended)

    def _in_loop(self, function: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended before us
            self.loop.call_soon_threadsafe(function, *arguments)

    def _heard(self, reports: list[Any]) -> None:
        now = time.monotonic()
        self.seconds, self.since = now - self.since, now
        if reports and reports[0] == "ready":
            self.ready = True
            reports = []
        self._on_reports(self, reports)

    def _ended(self) -> None:
        self._on_end(self)
        self.cell.remove()
