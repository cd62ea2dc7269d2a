"""One terminal of a lesson: the scripts that run in it, and the lines that they print."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

LINE_LIMIT = 10_000  # characters; what a script prints beyond that in one line is cut


class Terminal:
    """Runs scripts, in the foreground or as numbered jobs, and keeps their lines in order.

    Scripts start in `folder`, with `environment` added to ours. `heard` is called with each line as
    it comes, from another thread.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        environment: Mapping[str, str],
        heard: Callable[[str, str], None],
    ) -> None:
        self.name = name
        self.jobs: list[subprocess.Popen[str]] = []
        self.foreground: subprocess.Popen[str] | None = None
        self._folder = folder
        self._environment = {**os.environ, **environment}
        self._heard = heard
        self._lines: deque[str] = deque()
        self._changed = threading.Condition()
        self._readers: dict[subprocess.Popen[str], threading.Thread] = {}

    def run(self, command: tuple[str, ...], url: str, *, background: bool) -> None:
        """Start Python with a command; in the background it is the next job, as in a shell.

        `url` is the broker's.
        """
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP
        process = subprocess.Popen(
            [sys.executable, "-P", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=self._folder,
            env={**self._environment, "RABBITMQ_URL": url},
            start_new_session=sys.platform != "win32",  # our Ctrl-C is not for them
            creationflags=flags,
        )
        if background:
            self.jobs.append(process)
            self.print(f"[{len(self.jobs)}] {process.pid}")
        else:
            self.foreground = process
        self._readers[process] = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._readers[process].start()

    def print(self, line: str) -> None:
        """Add a line to what this terminal shows."""
        self._heard(self.name, line)
        with self._changed:
            self._lines.append(line)
            self._changed.notify_all()

    def next_line(self, seconds: float) -> str | None:
        """The next line not yet taken; None if none came in time or none can come any more."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not self._lines:
                left = deadline - time.monotonic()
                if left <= 0 or not any(map(threading.Thread.is_alive, self._readers.values())):
                    return None
                self._changed.wait(min(left, 0.1))
            return self._lines.popleft()

    def untaken(self) -> list[str]:
        """The lines that are left, after the running scripts have ended."""
        with self._changed:
            left = list(self._lines)
            self._lines.clear()
            return left

    def wait(self, seconds: float) -> bool:
        """Whether the script in the foreground ends by itself in time."""
        if self.foreground is None:
            return True
        try:
            self.foreground.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self.foreground = None
        self._drain()
        return True

    def interrupt(self, seconds: float) -> int | None:
        """Ctrl-C: end the script in the foreground. Its exit code; None if it does not end."""
        process, self.foreground = self.foreground, None
        if process is None:
            return 0
        control_c = signal.SIGINT
        if sys.platform == "win32":
            control_c = signal.CTRL_BREAK_EVENT
        _send(process, control_c)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
            _kill(process)
        self._drain()
        return code

    def kill_job(self, number: int, number_of_signal: int) -> bool:
        """Send a signal to a job; False if there is no such job."""
        if not 1 <= number <= len(self.jobs):
            return False
        process = self.jobs[number - 1]
        if number_of_signal == getattr(signal, "SIGKILL", signal.SIGTERM):
            _kill(process)
        else:
            _send(process, number_of_signal)
        return True

    def kill_all(self) -> None:
        """End everything that still runs here, at once; also what a script has left behind."""
        for process in self._readers:
            _kill(process)
        self._drain()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101 - it was started with a pipe
        with process.stdout as lines:
            while line := lines.readline(LINE_LIMIT):
                self.print(line.rstrip("\r\n"))
        with self._changed:
            self._changed.notify_all()

    def _drain(self) -> None:
        """Wait until what the ended processes printed has been read."""
        for process, reader in self._readers.items():
            if process.poll() is not None:
                reader.join(timeout=2)


def _send(process: subprocess.Popen[str], number_of_signal: int) -> None:
    """Send a signal, on POSIX to all that the process has started too, as a terminal does."""
    with contextlib.suppress(OSError):  # all of them may have ended
        if sys.platform == "win32":
            process.send_signal(number_of_signal)
        else:
            os.killpg(process.pid, number_of_signal)


def _kill(process: subprocess.Popen[str]) -> None:
    """Kill the process and, on POSIX, whatever it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        _send(process, signal.SIGKILL)
    process.wait()
