"""What to do with an image, as text and as values: `thumbnail:512,watermark:(c) Ada,convert:webp`.

The text is split at commas; within a watermark, `\\,` is a comma and `\\\\` a backslash.
"""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from task_processor.errors import Permanent
from task_processor.images.font import can_draw
from task_processor.images.formats import BY_WORD, WORDS, Format

MOST = 16
LARGEST = 16_384
LONGEST_TEXT = 100


@dataclass(frozen=True)
class Thumbnail:
    """Shrinks to fit into a square of `size` pixels, keeps the aspect, never enlarges."""

    size: int

    def __str__(self) -> str:
        return f"thumbnail:{self.size}"


@dataclass(frozen=True)
class Grayscale:
    """Keeps the brightness, and the transparency."""

    def __str__(self) -> str:
        return "grayscale"


@dataclass(frozen=True)
class Blur:
    """A Gaussian blur; `tenths` of a pixel are its radius."""

    tenths: int

    def __str__(self) -> str:
        return f"blur:{self.tenths / 10:g}"


@dataclass(frozen=True)
class Rotate:
    """Turns clockwise, by a multiple of 90 degrees, which loses no pixel."""

    degrees: int

    def __str__(self) -> str:
        return f"rotate:{self.degrees}"


@dataclass(frozen=True)
class Watermark:
    """Writes `text` into the lower right corner."""

    text: str

    def __str__(self) -> str:
        return "watermark:" + re.sub(r"([\\,])", r"\\\1", self.text)


@dataclass(frozen=True)
class Convert:
    """Writes the output in another format."""

    format: Format

    def __str__(self) -> str:
        return f"convert:{self.format.word}"


@dataclass(frozen=True)
class StripMetadata:
    """Leaves EXIF out of the output; without it, what describes the picture is kept."""

    def __str__(self) -> str:
        return "strip-metadata"


Operation = Thumbnail | Grayscale | Blur | Rotate | Watermark | Convert | StripMetadata


def _thumbnail(argument: str) -> Operation:
    if re.fullmatch(r"[0-9]{1,6}", argument) and 1 <= int(argument) <= LARGEST:
        return Thumbnail(int(argument))
    raise ValueError(f"needs a number of pixels from 1 to {LARGEST}, as in thumbnail:512")


def _blur(argument: str) -> Operation:
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9])?", argument):
        tenths = round(float(argument) * 10)
        if 1 <= tenths <= 1000:
            return Blur(tenths)
    raise ValueError("needs a radius from 0.1 to 100 pixels, one decimal place, as in blur:2")


def _rotate(argument: str) -> Operation:
    if argument in ("90", "180", "270"):
        return Rotate(int(argument))
    raise ValueError("needs 90, 180 or 270 degrees clockwise, as in rotate:90")


def _watermark(argument: str) -> Operation:
    if not re.fullmatch(r"(\\[\\,]|[^\\])*", argument, re.DOTALL):
        raise ValueError("a backslash stands before a comma or a backslash only, as in a\\,b")
    text = re.sub(r"\\(.)", r"\1", argument).strip()
    if not 1 <= len(text) <= LONGEST_TEXT:
        raise ValueError(f"needs a text of 1 to {LONGEST_TEXT} characters, as in watermark:(c) Ada")
    for character in text:
        if not can_draw(character):
            raise ValueError(f"the font has no {character!a}; use letters of Latin alphabets")
    return Watermark(text)


def _convert(argument: str) -> Operation:
    if argument.lower() in BY_WORD:
        return Convert(BY_WORD[argument.lower()])
    raise ValueError(f"needs one of {WORDS}, as in convert:webp")


_WITH_ARGUMENT: dict[str, Callable[[str], Operation]] = {
    "thumbnail": _thumbnail,
    "blur": _blur,
    "rotate": _rotate,
    "watermark": _watermark,
    "convert": _convert,
}
_WITHOUT: dict[str, Operation] = {"grayscale": Grayscale(), "strip-metadata": StripMetadata()}
EXAMPLES = (
    "thumbnail:512, grayscale, blur:2, rotate:90, watermark:TEXT, convert:webp, strip-metadata"
)


def _wrong(message: str) -> Permanent:
    return Permanent("unknown-operation", message)


def _one(text: str) -> Operation:
    name, colon, argument = text.partition(":")
    name = name.strip().lower()
    if name in _WITHOUT:
        if colon:
            raise _wrong(f"{name} takes no value, and {argument[:40]!a} was given")
        return _WITHOUT[name]
    if name in _WITH_ARGUMENT:
        try:
            return _WITH_ARGUMENT[name](argument.strip())
        except ValueError as error:
            given = f", not {argument.strip()[:40]!a}" if argument.strip() else ""
            raise _wrong(f"{name}: {error}{given}") from None
    near = difflib.get_close_matches(name[:40], [*_WITH_ARGUMENT, *_WITHOUT], n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise _wrong(f"unknown operation {name[:40]!a}. {hint}There are: {EXAMPLES}")


def _split(text: str) -> list[str]:
    """The text between the commas that no backslash stands before."""
    pieces = [""]
    for piece in re.findall(r"\\.|.", text, re.DOTALL):
        if piece == ",":
            pieces.append("")
        else:
            pieces[-1] += piece
    return pieces


@lru_cache(maxsize=64)
def parse(text: str) -> tuple[Operation, ...]:
    """The operations in their order.

    Raises Permanent (unknown-operation) with one line that names the operation, what it allows
    and what exists.
    """
    if not text.strip():
        raise _wrong(f"no operation. Name at least one of: {EXAMPLES}")
    if len(text) > MOST * 2 * LONGEST_TEXT:
        raise _wrong(f"{len(text)} characters of operations are too many")
    pieces = _split(text)
    if len(pieces) > MOST:
        raise _wrong(f"{len(pieces)} operations, and at most {MOST} are done in one task")
    operations = tuple(_one(piece.strip()) for piece in pieces)
    for once in (Convert, StripMetadata):
        if sum(isinstance(operation, once) for operation in operations) > 1:
            raise _wrong(f"{'convert' if once is Convert else 'strip-metadata'} is named twice")
    return operations


def canonical(operations: tuple[Operation, ...]) -> str:
    """The one text for these operations; `parse` gives them back."""
    return ",".join(map(str, operations))


def converts_to(operations: tuple[Operation, ...]) -> Format | None:
    """The format that the operations ask for, if they do."""
    for operation in operations:
        if isinstance(operation, Convert):
            return operation.format
    return None
