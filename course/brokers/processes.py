"""Run other programs: briefly, with a time limit, or for long, to be stopped by a later command."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil


class CommandFailed(Exception):
    """The program could not be started, took too long, or ended with an error.

    The message is the last line that it printed, or what happened instead.
    """


def run(
    command: Sequence[str | Path],
    *,
    timeout: float = 60,
    environment: Mapping[str, str] | None = None,
    show: bool = False,
) -> str:
    """Run to the end and return what it printed on stdout. `timeout` in seconds.

    With `show` its output goes to our stderr as it comes, and "" is returned.
    """
    try:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if show else subprocess.PIPE,
            stderr=None if show else subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            env={**os.environ, **(environment or {})},
            check=False,
        )
    except FileNotFoundError:
        raise CommandFailed(f"{command[0]} is not installed") from None
    except OSError as error:
        raise CommandFailed(f"{command[0]}: {error.strerror or error}") from None
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"no answer in {timeout:.0f} seconds") from None
    if done.returncode != 0:
        complaint = ((done.stderr or "") + (done.stdout or "")).strip().splitlines()
        raise CommandFailed(complaint[-1] if complaint else f"exit code {done.returncode}")
    return done.stdout or ""


def start_detached(command: Sequence[str | Path], log: Path, environment: Mapping[str, str]) -> int:
    """Start a program that goes on after we end, out of reach of this terminal's Ctrl-C.

    Returns its process's number.
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )
    process.returncode = 0  # it is not ours to wait for, and Popen would warn that it still runs
    return process.pid


def remember(note: Path, pid: int) -> None:
    """Write down whom a later command is to stop: a process's number and, for good, its start."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        note.write_text(f"{pid} {psutil.Process(pid).create_time()}", encoding="utf-8")


def runs(note: Path) -> bool:
    """Whether the remembered process has not ended."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        process = _remembered(note)
        return process is not None and process.status() != psutil.STATUS_ZOMBIE
    return False


def end(note: Path, seconds: float) -> None:
    """Ask the remembered process to end, wait, and kill it and its children if it does not."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        process = _remembered(note)
        note.unlink(missing_ok=True)
        if process is None:
            return
        family = [*process.children(recursive=True), process]
        process.terminate()
        _, alive = psutil.wait_procs(family, timeout=seconds)
        for survivor in alive:
            survivor.kill()
        psutil.wait_procs(alive, timeout=5)


def _remembered(note: Path) -> "psutil.Process | None":
    """The process that the note tells of; None if its number is now another's, or nobody's."""
    import psutil

    with contextlib.suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
        pid, created = note.read_text(encoding="utf-8").split()
        process = psutil.Process(int(pid))
        if process.create_time() == float(created):
            return process
    return None
