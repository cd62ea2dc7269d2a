"""A worker process: takes tasks from a pipe, runs them one after another, reports. No AMQP."""

import contextlib
import importlib
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from task_processor import codec
from task_processor.errors import TaskError
from task_processor.images.process import Done
from task_processor.worker import frames
from task_processor.worker.cell import Cell

REPORT_AFTER = 0.005  # seconds; a quick task's report waits for its neighbours' as long as this
Handler = Callable[[codec.Task], Done]
Batch = list[tuple[int, bytes]]


def main() -> None:
    tasks, reports = _pipes()
    for name in ("SIGINT", "SIGTERM"):  # the main process decides when we end
        with contextlib.suppress(AttributeError, ValueError):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    settings = json.loads(frames.read(tasks))
    module, _, function = settings["handler"].partition(":")
    handle: Handler = getattr(importlib.import_module(module), function)(settings)
    process = WorkerProcess(handle, Cell(Path(settings["cell"])), reports)
    threading.Thread(target=process.receive, args=[tasks], daemon=True).start()
    frames.write(reports, frames.to_json(["ready", os.getpid()]))
    process.work()
    os._exit(0)  # the other thread still reads, and would spoil an orderly end


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Our ends of the pipes. Whatever else prints goes to the standard error."""
    reports = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return sys.stdin.buffer, reports


class WorkerProcess:
    """One thread receives, the main one works; libraries like to have the main thread."""

    def __init__(self, handle: Handler, cell: Cell, reports: BinaryIO) -> None:
        self.handle = handle
        self.cell = cell
        self.reports = reports
        self.batches: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self.stopping = False

    def receive(self, tasks: BinaryIO) -> None:
        """Frames with tasks until an empty one, which asks to stop after the task at hand."""
        try:
            while content := frames.read(tasks):
                self.batches.put(list(frames.unpack_tasks(content)))
            self.stopping = True
            self.batches.put(None)
            frames.read(tasks)
        except (frames.BrokenPipe, OSError):
            os._exit(1)  # the main process is gone, and with it whoever would hear of this task

    def work(self) -> None:
        while (batch := self.batches.get()) is not None:
            self._run(batch)

    def _run(self, batch: Batch) -> None:
        reports: list[list[Any]] = []
        sent = time.monotonic()
        finished = batch[0][0] - 1
        for serial, body in batch:
            if self.stopping:
                break
            self.cell.write(serial, finished)
            reports.append(self._one(serial, body))
            finished = serial
            now = time.monotonic()
            if now - sent > REPORT_AFTER:
                self._send(reports)
                reports, sent = [], now
        self.cell.write(finished, finished)
        if reports:
            self._send(reports)

    def _send(self, reports: list[list[Any]]) -> None:
        try:
            frames.write(self.reports, frames.to_json(reports))
        except OSError:
            os._exit(1)

    def _one(self, serial: int, body: bytes) -> list[Any]:
        """The report: done, or failed with reason and message."""
        task: codec.Task | None = None
        try:
            task = codec.decode(body)
            done = self.handle(task)
        except TaskError as error:
            name = [task.job, task.number] if task else [None, 0]
            return ["failed", serial, *name, error.reason, error.message, error.transient]
        except MemoryError:
            name = [task.job, task.number] if task else [None, 0]
            return ["failed", serial, *name, "out-of-memory", "the memory did not suffice", True]
        return [
            "done",
            serial,
            task.job,
            task.number,
            [done.target, done.sha256, done.bytes, done.width, done.height, int(done.skipped)],
        ]


if __name__ == "__main__":
    main()
