"""Finds and ends everything that a learner's program has started, however it hides.

Each program is started with an environment variable that no other has. Children inherit it, also
those that fork twice or leave the session, so it finds them where process groups do not.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator

import psutil

TOKEN = "LEARN_CHECK_TOKEN"  # noqa: S105 - marks processes, protects nothing


def adopt_orphans() -> None:
    """On Linux, become the parent of our descendants' orphans, also of those without the token.

    Source: prctl(2), PR_SET_CHILD_SUBREAPER.
    """
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def marked(token: str) -> Iterator[psutil.Process]:
    """Every living process whose token begins with this one, except ourselves."""
    for process in psutil.process_iter():
        if process.pid != os.getpid() and token_of(process).startswith(token):
            yield process


def token_of(process: psutil.Process) -> str:
    """The process's token, "" if it has none or its environment cannot be read."""
    try:
        return str(process.environ().get(TOKEN, ""))
    except (psutil.Error, OSError):
        return ""


def below(pid: int) -> list[psutil.Process]:
    """The living descendants of a process."""
    try:
        return [child for child in psutil.Process(pid).children(recursive=True) if _lives(child)]
    except psutil.Error:
        return []


def end(token: str, roots: Iterable[int] = (), seconds: float = 10) -> list[int]:
    """Kill all that have the token, and the descendants of `roots`; return whom it could not.

    It looks again until two looks in a row find nobody, as a program may be forking meanwhile.
    """
    deadline = time.monotonic() + seconds
    roots, quiet, left = tuple(roots), 0, set[psutil.Process]()
    while quiet < 2 and time.monotonic() < deadline:
        left = {process for process in marked(token) if _lives(process)}
        for root in roots:
            left.update(below(root))
        quiet = 0 if left else quiet + 1
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=0.2)
    reap()
    return [process.pid for process in left]


def send(pid: int, number: int) -> None:
    """Send a signal as a terminal does: on POSIX to the whole process group that `pid` leads."""
    with contextlib.suppress(OSError, psutil.Error):
        if sys.platform == "win32":
            psutil.Process(pid).send_signal(number)
        else:
            os.killpg(pid, number)


def kill(pid: int) -> None:
    """Kill a process and its group at once."""
    with contextlib.suppress(psutil.Error):
        psutil.Process(pid).kill()
    if sys.platform != "win32":
        send(pid, signal.SIGKILL)


def reap() -> None:
    """Let adopted orphans that have ended go. Popen waits for its own itself."""
    import subprocess

    subprocess._cleanup()  # type: ignore[attr-defined]
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error, ChildProcessError, OSError):
            if child.status() == psutil.STATUS_ZOMBIE and child.pid not in started:
                os.waitpid(child.pid, os.WNOHANG)


started: set[int] = set()  # pids whose end is Popen's to collect


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD))
    except psutil.Error:
        return False
