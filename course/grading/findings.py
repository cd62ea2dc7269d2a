"""What a check can find: the exercise's own findings, and those that any program can earn."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course.errors import CouldNotCheck
from course.grading.models import ExerciseFile, FindingEntry

Line = tuple[str, int]


class Found(BaseException):
    """Ends a check: the learner's program did something wrong.

    Not an Exception, so that a check that waits and tries again does not swallow it.
    """

    def __init__(
        self, name: str, did: str, saw: str, evidence: Sequence[Any] = (), line: Line | None = None
    ) -> None:
        super().__init__(f"{name}: {did} {saw}")
        self.name = name
        self.did = did
        self.saw = saw
        self.evidence = list(evidence)
        self.line = line


def _texts(expected: str, why: str, next: str) -> FindingEntry:
    return FindingEntry(task=1, expected=expected, why=why, next=next)


BUILT_IN = {
    "missing-file": _texts(
        "Every file of the exercise is in its folder, under its own name.",
        "The check starts your programs by these names.",
        "Bring it back. `./learn reset` gives the folder as it was at first, and keeps a copy of "
        "yours.",
    ),
    "syntax-error": _texts(
        "Python can read the file.",
        "Nothing of a file runs until all of it can be read.",
        "Look at that line and the one before it: a bracket or a quote left open, or a colon "
        "forgotten, shows only there.",
    ),
    "crashed": _texts(
        "The program goes on, whatever the broker and the messages do.",
        "What ends with a traceback in production must be started again by somebody.",
        "Read the last line of the traceback, then the line of yours that it names.",
    ),
    "ended-early": _texts(
        "It connects to the broker and does its work before it ends.",
        "A program that is gone cannot take messages.",
        "See what the program does last. A consumer goes on with start_consuming(), or with a "
        "loop, until it is stopped.",
    ),
    "never-connected": _texts(
        "It opens a connection to the broker at the URL in RABBITMQ_URL.",
        "The check watches your programs' frames, and for that gives each of them a URL of its "
        "own.",
        "Connect with pika.URLParameters(os.environ['RABBITMQ_URL']), and see that nothing before "
        "it waits for long.",
    ),
    "not-amqp": _texts(
        "What arrives at RABBITMQ_URL's port is AMQP 0-9-1.",
        "A broker hangs up on a client that speaks something else.",
        "Open the connection with pika, and send nothing on a socket of your own.",
    ),
    "did-not-stop": _texts(
        "It ends when it is asked to, by Ctrl-C or by SIGTERM.",
        "What does not end by itself is killed, in the middle of whatever it does.",
        "Let KeyboardInterrupt through, or catch it, close the connection and end.",
    ),
    "too-much-output": _texts(
        "It prints a line now and then.",
        "A program that prints without a pause does nothing else, and fills the disk.",
        "Look for a loop that prints and never waits.",
    ),
    "too-much-memory": _texts(
        "It holds what it is working on, and little else.",
        "A program that hoards messages or data takes the machine down with it.",
        "Look for a list or a dict that only grows, or a loop that never ends.",
    ),
    "too-many-files": _texts(
        "It writes small files.",
        "A full disk stops every program of the machine, the broker among them.",
        "Look for a loop that writes and never ends.",
    ),
    "too-many-processes": _texts(
        "It is one process, or a few.",
        "Processes that start processes without end make a machine unusable.",
        "Look for what starts a process in a loop, or where a child runs its parent's code.",
    ),
}


def describe(file: ExerciseFile, name: str) -> FindingEntry:
    """The texts of a finding; CouldNotCheck if neither the exercise nor the course knows it."""
    if (entry := file.findings.get(name) or BUILT_IN.get(name)) is None:
        raise CouldNotCheck(f"checks.py names the finding {name!r}, exercise.toml does not.")
    return entry


def hunt(patterns: Sequence[str], folder: Path, files: Sequence[str]) -> Line | None:
    """The first line of the files that fits the first pattern that fits anywhere."""
    for pattern in patterns:
        wanted = re.compile(pattern)
        for name in files:
            try:
                lines = (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                continue
            for number, line in enumerate(lines, start=1):
                if wanted.search(line.partition("#")[0]):
                    return name, number
    return None


def unreadable(folder: Path, files: Sequence[str]) -> Found | None:
    """What makes it useless to run anything: a file that is not there, or is no Python."""
    for name in files:
        path = folder / name
        if not path.is_file():
            return Found("missing-file", "We looked for the exercise's files.", f"No {name}.")
        if path.suffix != ".py":
            continue
        try:
            compile(path.read_bytes(), name, "exec", dont_inherit=True)
        except SyntaxError as error:
            line = min(error.lineno or 1, max(len(path.read_bytes().splitlines()), 1))
            saw = f"{error.msg} in line {line}: {(error.text or '').strip()}".rstrip(": ")
            return Found("syntax-error", f"We let Python read {name}.", saw, line=(name, line))
        except (ValueError, RecursionError, MemoryError) as error:
            saw = str(error) or type(error).__name__
            return Found("syntax-error", f"We let Python read {name}.", saw, line=(name, 1))
    return None
