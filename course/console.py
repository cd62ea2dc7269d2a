"""Printing for people: colour where there is a terminal, ASCII where that is all there is."""

import codecs
import contextlib
import io
import os
import sys
from dataclasses import dataclass
from typing import Literal

from rich.console import Console


@dataclass(frozen=True)
class Symbols:
    """Signs used in the output, in an encoding that the terminal has."""

    bar: str
    done: str
    open: str


FANCY = Symbols(bar="│", done="✓", open="·")
ASCII = Symbols(bar="|", done="x", open="-")
# For what our pages and rich draw with; a sign that is not here is shown as ?.
LIKENESS = dict(zip("•▌·─━│✓", "*|---|x", strict=True)) | {"→": "->", "…": "..."}


@dataclass(frozen=True)
class Output:
    """Where a command prints: `out` for its results, `err` for what happens meanwhile."""

    out: Console
    err: Console
    symbols: Symbols
    plain: bool

    @property
    def interactive(self) -> bool:
        """Whether a person is there, who can read pages and press Enter."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.plain

    def say(self, text: str) -> None:
        """A line about what is going on, on stderr."""
        self.err.print(text, style="dim", markup=False, highlight=False)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """The reader of our output has gone, as `head` does: no fault, so not rich's exit code."""
        with contextlib.suppress(SystemExit):
            super().on_broken_pipe()
        raise SystemExit(0)


def make(plain: bool) -> Output:
    """`plain` means no colour, ASCII only, no paging; NO_COLOR and pipes are respected anyway."""
    codecs.register_error("learn", _substitute)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="ascii" if plain else None, errors="learn")
    # NO_COLOR alone would leave bold and links, which are escape codes, too.
    colours: Literal["auto"] | None = None if plain or os.environ.get("NO_COLOR") else "auto"
    out = _Console(color_system=colours, highlight=False, emoji=False)
    err = _Console(color_system=colours, highlight=False, emoji=False, stderr=True)
    fancy = out.encoding.lower().startswith("utf")
    return Output(out, err, FANCY if fancy else ASCII, plain)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    """Signs that the terminal lacks, in ASCII; ? for those that have no likeness."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - we only print
    lacking = error.object[error.start : error.end]
    return "".join(LIKENESS.get(sign, "?") for sign in lacking), error.end
