"""Stops learner's programs that take too much of the machine, and says which limit it was."""

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from course.grading import tree
from course.grading.processes import Process

MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """For one program and all that it has started; `disk` for the scratch folder."""

    memory: int = 1024 * MB  # bytes of resident memory
    output: int = 20 * MB  # bytes printed
    disk: int = 256 * MB  # bytes in files
    processes: int = 40
    every: float = 0.2  # seconds between two looks


@dataclass(frozen=True)
class Excess:
    """A limit that a program went over: the finding's id, and what was seen."""

    finding: str
    process: Process
    saw: str


class Watchdog:
    """Looks at all programs of a lab from a thread of its own."""

    def __init__(
        self, processes: Callable[[], list[Process]], folder: Path, limits: Limits
    ) -> None:
        self.excess: Excess | None = None
        self._processes = processes
        self._folder = folder
        self._limits = limits
        self._stop = threading.Event()
        self._round = 0
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)

    def _watch(self) -> None:
        while not self._stop.wait(self._limits.every):
            with contextlib.suppress(psutil.Error, OSError):
                self._look()

    def _look(self) -> None:
        self._round += 1
        memory, count = self._by_token()
        for process in self._processes():
            used, number = memory.get(process.token, 0), count.get(process.token, 0)
            if used > self._limits.memory:
                self._over(process, "too-much-memory", f"it held {used // MB} MB of memory")
            elif number > self._limits.processes:
                self._over(process, "too-many-processes", f"it had started {number} processes")
            elif process.drain.bytes > self._limits.output:
                printed = process.drain.bytes // MB
                self._over(process, "too-much-output", f"it had printed {printed} MB")
        if self._round % 4 == 0 and (size := _size(self._folder)) > self._limits.disk:
            for process in self._processes():
                self._over(process, "too-many-files", f"its files had grown to {size // MB} MB")

    def _by_token(self) -> tuple[dict[str, int], dict[str, int]]:
        """Resident bytes and number of processes, by token; without one, its parent's."""
        memory: dict[str, int] = {}
        count: dict[str, int] = {}
        tokens: dict[int, str] = {}
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error, OSError):
                token = tree.token_of(process) or tokens.get(process.ppid(), "")
                tokens[process.pid] = token
                memory[token] = memory.get(token, 0) + process.memory_info().rss
                count[token] = count.get(token, 0) + 1
        return memory, count

    def _over(self, process: Process, finding: str, saw: str) -> None:
        if self.excess is None:
            self.excess = Excess(finding, process, f"{saw}, so we stopped it")
        process.end()


def _size(folder: Path) -> int:
    """Bytes of all files below the folder."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(place) / name).lstat().st_size
    return total
