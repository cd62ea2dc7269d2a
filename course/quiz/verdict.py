"""What judging an answer gives."""

from dataclasses import dataclass

# What a learner gave: positions in the file (one, several, or an order), or the typed text.
Answer = str | tuple[int, ...]


class Unclear(Exception):
    """What was typed is no answer at all; the message says what would be."""


@dataclass(frozen=True)
class Note:
    """A part of the answer, whether it is right, and why."""

    text: str
    right: bool
    why: str


@dataclass(frozen=True)
class Verdict:
    """`score` is 0 to 1. `table` has its head as the first row. `evidence` says who decided."""

    score: float
    right_answer: str
    notes: tuple[Note, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    evidence: str = ""
    surprise: str = ""

    @property
    def right(self) -> bool:
        return self.score >= 1
