"""A learner's program that runs: to watch, to stop, and to end with all that it has started."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from course.grading import tree
from course.grading.output import Drain, traceback_in

GRACE = 1.0  # seconds for the last lines of an ended program to be read


@dataclass(frozen=True)
class Finished:
    """How a program ended: its exit code, None if it had to be stopped; and its lines."""

    code: int | None
    lines: list[str] = field(repr=False)
    process: "Process"

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class Process:
    """One program of the learner's. `name` is also its connections' name on the wire."""

    def __init__(
        self,
        name: str,
        command: list[str],
        folder: Path,
        environment: Mapping[str, str],
        note: Callable[[str], None],
        stdin: str | None = None,
        patience: float = 1.0,
    ) -> None:
        self.name = name
        # What the texts call it: "worker.py", or of a module "task_processor worker".
        self.file = " ".join(command[1:3]) if command[0] == "-m" else command[0]
        self.folder = folder
        self.token = environment[tree.TOKEN]
        self.interrupted = False
        self.stopped = False  # whether we have ended it
        self._note = note
        self._patience = patience
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP
        self._popen = subprocess.Popen(
            [sys.executable, "-u", *command],
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=dict(environment),
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )
        tree.started.add(self.pid)
        assert self._popen.stdout is not None  # noqa: S101 - it was started with a pipe
        self.drain = Drain(self._popen.stdout)
        if stdin is not None:
            self._hand(stdin)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._popen.poll()

    @property
    def lines(self) -> list[str]:
        """What it printed, stdout and stderr together: the newest 2,000 lines."""
        return self.drain.lines

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait(self, seconds: float) -> int | None:
        """The exit code, or None if it still runs after so many seconds."""
        try:
            self._popen.wait(max(seconds, 0) * self._patience)
        except subprocess.TimeoutExpired:
            return None
        self.drain.join(GRACE)
        return self.code

    def kill(self) -> None:
        """SIGKILL, at once, to the program and to all that it has started."""
        self._note(f"kill {self.name}")
        self.end()

    def end(self) -> list[int]:
        """As `kill`, without a note of it; returns the processes that it could not end."""
        self.stopped = self.stopped or self.alive
        family = tree.below(self.pid)
        tree.kill(self.pid)
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.kill()
        left = tree.end(self.token)
        self.wait(5)
        return left

    def interrupt(self) -> None:
        """Ctrl-C, as a terminal sends it: to the whole process group."""
        self._note(f"press Ctrl-C in {self.name}")
        self.interrupted = True
        if sys.platform == "win32":
            tree.send(self.pid, signal.CTRL_BREAK_EVENT)
        else:
            tree.send(self.pid, signal.SIGINT)

    def terminate(self) -> None:
        """SIGTERM, as `docker stop` sends it: to the program alone."""
        self._note(f"send SIGTERM to {self.name}")
        self.interrupted = True
        with contextlib.suppress(psutil.Error):
            psutil.Process(self.pid).terminate()

    def pause(self) -> None:
        """Freeze the program and its children: no frame is read or sent, sockets stay open."""
        self._note(f"pause {self.name}")
        self._each(psutil.Process.suspend)

    def resume(self) -> None:
        self._note(f"resume {self.name}")
        self._each(psutil.Process.resume)

    def traceback(self) -> tuple[str, int, str] | None:
        """File, line and last line of the traceback that it printed last; None without one."""
        return traceback_in(self.lines, self.folder)

    def _each(self, act: Callable[[psutil.Process], None]) -> None:
        for pid in (self.pid, *(child.pid for child in tree.below(self.pid))):
            with contextlib.suppress(psutil.Error):
                act(psutil.Process(pid))

    def _hand(self, text: str) -> None:
        import threading

        def write() -> None:
            with contextlib.suppress(OSError, ValueError):
                assert self._popen.stdin is not None  # noqa: S101 - it was started with a pipe
                with self._popen.stdin as pipe:
                    pipe.write(text.encode())

        threading.Thread(target=write, name="stdin", daemon=True).start()


def environment(token: str, url: str, extra: Mapping[str, str] | None) -> dict[str, str]:
    """What a learner's program finds in its environment: ours without what is the grader's."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "LEARN_", "RABBITMQ_", "PYTHON", "COV_"))
    }
    python = {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    return {**ours, **python, "RABBITMQ_URL": url, **(extra or {}), tree.TOKEN: token}


def poll(check: Callable[[], object], seconds: float, pause: float = 0.02) -> object:
    """Call `check` until it is true or the time is over; return its last value."""
    deadline = time.monotonic() + seconds
    while not (value := check()) and time.monotonic() < deadline:
        time.sleep(pause)
    return value
