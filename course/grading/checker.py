"""The process that runs the checks, as the grader holds it: see link.py for its other end."""

import contextlib
import json
import queue
import subprocess
import sys
import threading
from typing import Any

from course.grading.child import environment
from course.grading.job import Job
from course.paths import ROOT

GRACE = 15.0  # seconds to clean up

ENDED: dict[str, Any] = {}


class Checker:
    """The process that runs the checks, and its messages."""

    def __init__(self, job: Job, errors: Any) -> None:
        self.code: int | None = None
        self._token = job.token
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._popen = subprocess.Popen(
            [sys.executable, "-P", "-m", "course.grading.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=ROOT,
            env=environment(),
            start_new_session=sys.platform != "win32",  # our Ctrl-C is not for it
        )
        threading.Thread(target=self._read, name="checks", daemon=True).start()
        self.tell(job.model_dump(mode="json"))

    def __enter__(self) -> "Checker":
        return self

    def __exit__(self, *_: object) -> None:
        """Let it clean up and end; kill it, and what it leaves behind, if it does not."""
        with contextlib.suppress(OSError):
            self._popen.stdin.close()  # type: ignore[union-attr]
        try:
            self.code = self._popen.wait(GRACE)
        except BaseException as error:  # also a second Ctrl-C
            self._popen.kill()
            self.code = self._popen.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise

    def tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError, ValueError):
            assert self._popen.stdin is not None  # noqa: S101 - it was started with a pipe
            self._popen.stdin.write(json.dumps(message).encode() + b"\n")
            self._popen.stdin.flush()

    def next(self, seconds: float) -> dict[str, Any] | None:
        """The next message, None if none came in time, ENDED if none can come."""
        try:
            return self._messages.get(timeout=seconds)
        except queue.Empty:
            return None

    def _read(self) -> None:
        assert self._popen.stdout is not None  # noqa: S101 - it was started with a pipe
        with self._popen.stdout as lines:
            for line in lines:
                message = json.loads(line)
                if message["kind"] == "end":
                    self._popen.wait()
                    continue
                self._messages.put(message)
        self._messages.put(ENDED)
