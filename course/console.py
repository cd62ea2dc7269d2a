"""Printing for people: colour where there is a terminal, ASCII where that is all there is."""

import sys
from dataclasses import dataclass

from rich.console import Console


@dataclass(frozen=True)
class Symbols:
    """Signs used in the output, in an encoding that the terminal has."""

    bar: str
    done: str
    open: str
    arrow: str


FANCY = Symbols(bar="│", done="✓", open="·", arrow="→")
ASCII = Symbols(bar="|", done="x", open="-", arrow="->")


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


def make(plain: bool) -> Output:
    """`plain` means no colour, ASCII only, no paging; NO_COLOR and pipes are respected anyway."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console that lacks a sign shows ? for it
            stream.reconfigure(errors="replace")
    out = Console(no_color=plain or None, highlight=False, emoji=False)
    err = Console(no_color=plain or None, highlight=False, emoji=False, stderr=True)
    ascii_only = plain or not out.encoding.lower().startswith("utf")
    return Output(out, err, ASCII if ascii_only else FANCY, plain)
