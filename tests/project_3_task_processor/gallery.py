"""Many small, varied images made in code: good ones, and files that no task can process.

`good(n, seed)` and `poison(n, seed)` give the same files for the same arguments; no two have the
same bytes, apart from empty ones. `write` puts them into a folder.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from tests.project_3_task_processor import poisons


@dataclass(frozen=True)
class Sample:
    """One file. `reason` is why it cannot be processed, None for a good one."""

    kind: str
    name: str
    data: bytes
    reason: str | None = None


def seeded(seed: object) -> random.Random:
    """The same numbers for the same seed."""
    return random.Random(str(seed))


def picture(rng: random.Random, mode: str = "RGB") -> Image.Image:
    """A small picture with soft colours, of random size and content."""
    size = (rng.randint(40, 120), rng.randint(30, 90))
    bands = {"L": 1, "RGB": 3, "CMYK": 4, "RGBA": 4, "LA": 2}[mode]
    coarse = Image.frombytes(mode, (8, 6), rng.randbytes(48 * bands))
    return coarse.resize(size, Image.Resampling.BILINEAR)


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    """The picture as a file of that format."""
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def _frames(rng: random.Random) -> list[Image.Image]:
    first = picture(rng)
    return [first, first.rotate(90).resize(first.size), first.rotate(180)]


def animated(rng: random.Random, format: str) -> bytes:
    """Three different frames."""
    first, *others = _frames(rng)
    times = {} if format == "TIFF" else {"duration": [40, 80, 120], "loop": 0}
    return saved(first, format, save_all=True, append_images=others, **times)


def turned(rng: random.Random) -> bytes:
    """A JPEG that says: turn me by 90 degrees."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Gallery"
    return saved(picture(rng), "JPEG", exif=exif)


def sixteen_bits(rng: random.Random) -> bytes:
    """A gray PNG with 16 bits for each sample."""
    return saved(Image.frombytes("I;16", (40, 30), rng.randbytes(2400)), "PNG")


def palette(rng: random.Random) -> bytes:
    """A PNG with a palette, one colour of which is transparent."""
    return saved(picture(rng).quantize(16), "PNG", transparency=0)


GOOD: dict[str, tuple[str, Callable[[random.Random], bytes]]] = {
    "jpeg": (".jpg", lambda rng: saved(picture(rng), "JPEG")),
    "png": (".png", lambda rng: saved(picture(rng), "PNG")),
    "webp": (".webp", lambda rng: saved(picture(rng), "WEBP")),
    "bmp": (".bmp", lambda rng: saved(picture(rng), "BMP")),
    "tiff": (".tif", lambda rng: saved(picture(rng), "TIFF")),
    "gif": (".gif", lambda rng: saved(picture(rng), "GIF")),
    "gray jpeg": (".jpeg", lambda rng: saved(picture(rng, "L"), "JPEG")),
    "cmyk jpeg": (".jpg", lambda rng: saved(picture(rng, "CMYK"), "JPEG")),
    "progressive jpeg": (".JPG", lambda rng: saved(picture(rng), "JPEG", progressive=True)),
    "turned jpeg": (".jpg", turned),
    "transparent png": (".png", lambda rng: saved(picture(rng, "RGBA"), "PNG")),
    "gray transparent png": (".png", lambda rng: saved(picture(rng, "LA"), "PNG")),
    "palette png": (".png", palette),
    "16-bit png": (".png", sixteen_bits),
    "animated gif": (".gif", lambda rng: animated(rng, "GIF")),
    "animated webp": (".webp", lambda rng: animated(rng, "WEBP")),
    "animated png": (".png", lambda rng: animated(rng, "PNG")),
    "tiff of three pages": (".tiff", lambda rng: animated(rng, "TIFF")),
    "jpeg named png": (".png", lambda rng: saved(picture(rng), "JPEG")),
    "png without a suffix": ("", lambda rng: saved(picture(rng), "PNG")),
}


def good(n: int, seed: int) -> Iterator[Sample]:
    """`n` images that every operation can process, of all kinds in turn."""
    rng = seeded(f"good {seed}")
    kinds = list(GOOD)
    for number in range(n):
        kind = kinds[number % len(kinds)]
        suffix, make = GOOD[kind]
        yield Sample(kind, f"good-{number:05d}{suffix}", make(rng))


def poison(n: int, seed: int) -> Iterator[Sample]:
    """`n` files that must be dead-lettered, each with its reason, of all kinds in turn."""
    rng = seeded(f"poison {seed}")
    kinds = list(poisons.KINDS)
    for number in range(n):
        kind = kinds[number % len(kinds)]
        reason, suffix, make = poisons.KINDS[kind]
        yield Sample(kind, f"poison-{number:05d}{suffix}", make(rng), reason)


def write(samples: Iterable[Sample], folder: Path) -> list[Path]:
    """Writes the files; a hundred of them take less than a second."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for sample in samples:
        path = folder / sample.name
        path.write_bytes(sample.data)
        paths.append(path)
    return paths
