"""Reads GIFT as Moodle's importer does, for the round trip."""

import re
from dataclasses import dataclass, field

SIGNS = "~=#{}:"
PLACES = {sign: chr(0xE000 + number) for number, sign in enumerate(SIGNS)}


@dataclass
class Answer:
    sign: str
    weight: float | None
    text: str
    why: str


@dataclass
class Read:
    name: str
    text: str
    numeric: bool = False
    feedback: str = ""
    answers: list[Answer] = field(default_factory=list)


def read(gift: str) -> list[Read]:
    """Every question of a file: blocks with blank lines between them."""
    found = []
    for block in re.split(r"\n\s*\n", gift):
        lines = [line for line in block.split("\n") if not line.startswith(("//", "$CATEGORY"))]
        if any(lines):
            found.append(_question("\n".join(lines)))
    return found


def _question(block: str) -> Read:
    kept = _keep(block.strip())
    before, _, rest = kept.partition("{")
    answers, _, after = rest.rpartition("}")
    assert not after.strip()
    _, name, text = before.split("::")
    assert text.startswith("[markdown]")
    body, _, feedback = answers.partition("####")
    numeric = body.startswith("#")
    question = Read(_free(name), _free(text.removeprefix("[markdown]")), numeric, _free(feedback))
    for sign, weight, rest in re.findall(
        r"([=~])(?:%(-?[\d.]+)%)?([^=~]*)", body.removeprefix("#") if numeric else body
    ):
        said, _, why = rest.partition("#")
        weight = float(weight) if weight else None
        question.answers.append(Answer(sign, weight, _free(said), _free(why)))
    return question


def _keep(text: str) -> str:
    """Escaped signs as private letters, so that the rest can be split."""
    text = text.replace("\\\\", chr(0xE0FF))
    for sign, place in PLACES.items():
        text = text.replace(f"\\{sign}", place)
    return text.replace("\\n", chr(0xE0FE))


def _free(text: str) -> str:
    for sign, place in PLACES.items():
        text = text.replace(place, sign)
    return text.strip().replace(chr(0xE0FE), "\n").replace(chr(0xE0FF), "\\")
