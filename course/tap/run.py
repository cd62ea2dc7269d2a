"""`./learn tap run`: start scripts behind a tap, and show what passes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from course import console
from course.errors import WrongUse, unknown
from course.options import Options, wanted
from course.paths import ROOT
from course.tap.show import Live
from course.tap.tap import Tap

LINE_LIMIT = 10_000  # characters; what a script prints beyond that in one line is cut
END_SECONDS = 5.0  # for a script to end after Ctrl-C
SETTLE_SECONDS = 1.0  # for the last frames, after the last script


@dataclass(frozen=True)
class Script:
    """What is to be run, under which name."""

    name: str
    path: Path
    arguments: tuple[str, ...]


def scripts(words: Sequence[str]) -> list[Script]:
    """The scripts of a command line, parted by `--`. Raises WrongUse for one that is not there."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word == "--":
            parts.append([])
        else:
            parts[-1].append(word)
    found: list[Script] = []
    for part in parts:
        if not part:
            raise WrongUse("a script's name is missing. Two scripts: a.py ARGS -- b.py ARGS")
        path = Path(part[0])
        if not path.is_file():
            known = [str(file.relative_to(ROOT)) for file in ROOT.glob("module_*/*/*.py")]
            raise unknown("script", part[0], known, "./learn list")
        count = sum(other.path.stem == path.stem for other in found) + 1
        name = path.stem if count == 1 else f"{path.stem}-{count}"
        found.append(Script(name, path, tuple(part[1:])))
    return found


def run(options: Options, words: Sequence[str], json: bool, record: Path | None) -> None:
    """Run the scripts until they have ended, or until Ctrl-C."""
    from course.brokers import choose

    # A shell may start background jobs with Ctrl-C ignored; here it ends the watching.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    output = console.make(options.plain)
    wished = scripts(words)
    choice = choose.ensure(output.say, wanted(options))
    running: list[subprocess.Popen[str]] = []
    with Tap(choice.broker.url, record) as tap, Live(output, tap, json) as live, _ending(running):
        readers = []
        for script in wished:
            process = _start(script, tap.url(script.name))
            running.append(process)
            reader = threading.Thread(target=_read, args=(process, script.name, live), daemon=True)
            reader.start()
            readers.append(reader)
        with contextlib.suppress(KeyboardInterrupt):
            for process in running:
                process.wait()
        _end(running)
        for reader in readers:
            reader.join(END_SECONDS)
        tap.wait_for(lambda _: not tap.connections(), SETTLE_SECONDS, tap.last)


def _start(script: Script, url: str) -> subprocess.Popen[str]:
    """In our own process group: Ctrl-C and `kill %1` reach it, too."""
    return subprocess.Popen(
        [sys.executable, "-P", "-u", "-m", "course.host", str(script.path), *script.arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "RABBITMQ_URL": url, "PYTHONIOENCODING": "utf-8"},
    )


def _read(process: subprocess.Popen[str], name: str, live: Live) -> None:
    assert process.stdout is not None  # noqa: S101 - it was started with a pipe
    with process.stdout as lines:
        while line := lines.readline(LINE_LIMIT):
            live.said(name, line.rstrip("\r\n"))


@contextlib.contextmanager
def _ending(running: list[subprocess.Popen[str]]) -> Iterator[None]:
    """Leave no script running, whatever happens."""
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def _end(running: list[subprocess.Popen[str]]) -> None:
    """Wait for the scripts after Ctrl-C; a terminal has sent it to them, too, a `kill` has not."""
    for seconds in (1.0, END_SECONDS):
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
                process.wait(seconds)
            if process.poll() is None and sys.platform != "win32":
                process.send_signal(signal.SIGINT)
