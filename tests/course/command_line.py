"""What the tests of the command line share."""

import os
import subprocess
import sys

from tests.support import REPOSITORY

CLOSED = "amqp://me:secret@127.0.0.1:1/%2F"  # nothing listens on port 1
# The command line on a machine without Docker and RabbitMQ.
BARE = """
import os, sys
os.environ["PATH"] = ""
from course.brokers import native
native.UNWRAPPED = ()
from course.__main__ import main
main()
"""


def bare(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return learn_through("-c", BARE, *words, **environment)


def learn_through(*python: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-P", *python],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", timeout=60,
        cwd=REPOSITORY, env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "80", **environment},
        check=False,
    )  # fmt: skip


def complaint(done: subprocess.CompletedProcess, code: int) -> str:
    """The one line on stderr with which a command ended."""
    assert done.returncode == code, done
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("learn: ")
    return lines[0]
