"""Images that nobody can know beforehand, and the outputs that they must give."""

import struct
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

TURN = "rotate:180,convert:bmp"
HEAVY = "blur:40,thumbnail:8,convert:bmp"  # a second or more for a large image


def bmp(rows):
    """A BMP file of 24 bits, as Pillow writes it. A row is a list of (red, green, blue)."""
    height, width = len(rows), len(rows[0])
    padding = b"\0" * (-3 * width % 4)
    pixels = b"".join(
        b"".join(bytes((blue, green, red)) for red, green, blue in row) + padding
        for row in reversed(rows)
    )
    size = struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54)
    head = (40, width, height, 1, 24, 0, len(pixels), 3780, 3780, 0, 0)
    return b"BM" + size + struct.pack("<IiiHHIIiiII", *head) + pixels


def large(side, colour):
    """A PNG file of one colour: few bytes, many pixels."""
    lines = (b"\0" + bytes(colour) * side) * side
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@dataclass
class Batch:
    """Images of one job: `good` has, by name, the output that each must give; `bad` gives none."""

    inputs: Path
    out: Path
    ops: str = TURN
    good: dict[str, bytes] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)

    @property
    def total(self):
        return len(self.good) + len(self.bad)

    def outputs(self):
        """The contents of all outputs; what a killed worker has left half written is hidden."""
        paths = [path for path in self.out.rglob("*") if path.name[0] != "." and path.is_file()]
        return [path.read_bytes() for path in paths]

    def missing(self):
        """The names of the images that have no right output yet."""
        there = set(self.outputs())
        return sorted(name for name, content in self.good.items() if content not in there)

    def too_many(self):
        """How many outputs are there more than once, or are none of this batch's."""
        found = Counter(self.outputs())
        wanted = set(self.good.values())
        return sum(number - (content in wanted) for content, number in found.items())


def batch(lab, good, bad=0, *, disk="disk", side=6):
    """New images that nobody can know beforehand, in a folder of their own below a root."""
    root = lab.folder(disk)
    number = len(list(root.iterdir())) // 2
    made = Batch(root / f"in-{number}", root / f"out-{number}")
    made.inputs.mkdir()
    made.out.mkdir()
    for place in range(good):
        rows = [[tuple(lab.random.randbytes(3)) for _ in range(side)] for _ in range(side)]
        name = f"{place:02}.bmp"
        (made.inputs / name).write_bytes(bmp(rows))
        made.good[name] = bmp([row[::-1] for row in reversed(rows)])
    for place in range(bad):
        name = f"bad-{place}.png"
        (made.inputs / name).write_text(f"no image: {lab.random.random()}", encoding="ascii")
        made.bad.append(name)
    return made
