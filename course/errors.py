"""Errors with a message for a person: what happened, and what to do next."""

import difflib
from collections.abc import Iterable


class CourseError(Exception):
    """Ends a command. The message is printed as it is; `exit_code` is the process's."""

    exit_code = 1


class NotYet(CourseError):
    """Something was checked, and it is not yet as it should be."""

    exit_code = 1


class WrongUse(CourseError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class CouldNotCheck(CourseError):
    """Neither right nor wrong: what the command needs is missing or broken."""

    exit_code = 3


def unknown(kind: str, word: str, known: Iterable[str], see: str) -> WrongUse:
    """The error for a `word` that names no `kind`, with the nearest known one."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]}?" if near else ""
    return WrongUse(f"there is no {kind} {word!r}.{hint} See: {see}")
