"""Files that no task can process, made in code: a few bytes each, whatever they claim to be."""

import random
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image


def noise(rng: random.Random, format: str, **options: Any) -> bytes:
    """A small image that does not compress, so that cutting it cuts pixels."""
    image = Image.frombytes("RGB", (48, 48), rng.randbytes(48 * 48 * 3))
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def cut(rng: random.Random, format: str) -> bytes:
    """An image without its second half, or a little more or less."""
    whole = noise(rng, format)
    return whole[: int(len(whole) * rng.uniform(0.4, 0.8))]


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes, pixels: bytes = b"") -> bytes:
    """A gray PNG of that size, with these chunks before its pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + body


def bomb_png(rng: random.Random) -> bytes:
    """A PNG of 3.6 gigapixels, of which only zeros are there."""
    return png(60_000, 60_000 - rng.randrange(1000), pixels=bytes(100_000))


def bomb_gif(rng: random.Random) -> bytes:
    """A GIF whose screen is 65 thousand pixels wide and high."""
    size = struct.pack("<HH", 65_535 - rng.randrange(1000), 65_535)
    frame = b"," + struct.pack("<HH", 0, 0) + size + b"\0"
    return b"GIF89a" + size + b"\x80\0\0" + bytes(6) + frame + b"\x02\x02\x44\x01\0;"


def bomb_webp(rng: random.Random) -> bytes:
    """A WebP whose canvas is 16 thousand pixels wide and high."""
    small = noise(rng, "WEBP", lossless=True)[12:]
    side = (16_383 - rng.randrange(100)).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + side + side + small
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bomb_bmp(rng: random.Random) -> bytes:
    """A BMP header of 2.5 gigapixels."""
    info = struct.pack("<IiiHHIIiiII", 40, 50_000, 50_000, 1, 24, 0, 0, 1, 1, 0, 0)
    return b"BM" + struct.pack("<IHHI", 1000, 0, 0, 54) + info + rng.randbytes(100)


def bomb_frames(rng: random.Random) -> bytes:
    """A GIF whose many frames are small, and too many."""
    size = struct.pack("<HH", 2, 2)
    codes = b"\x02\x03\x04\x00\x05\0"  # clear, four times the first colour, end
    one = b"," + bytes(4) + size + b"\0" + codes
    return b"GIF89a" + size + b"\x80\0\0" + rng.randbytes(6) + one * 1200 + b";"


def huge_metadata(rng: random.Random) -> bytes:
    """A JPEG with two megabytes of comments."""
    whole = noise(rng, "JPEG")
    comment = b"\xff\xfe" + struct.pack(">H", 65_002) + rng.randbytes(1000).hex().encode() * 32
    comment += b" " * (65_004 - len(comment))
    return whole[:2] + comment * 33 + whole[2:]


def text_bomb(rng: random.Random) -> bytes:
    """A PNG whose text unpacks to 100 megabytes."""
    text = b"Comment\0\0" + zlib.compress(rng.randbytes(8) + bytes(100_000_000), 1)
    return png(8, 8, chunk(b"zTXt", text), pixels=bytes(72))


def broken_png(rng: random.Random) -> bytes:
    """A PNG whose pixels are no compressed stream."""
    body = chunk(b"IDAT", rng.randbytes(200)) + chunk(b"IEND", b"")
    return png(48, 48)[:33] + body


def broken_jpeg(rng: random.Random) -> bytes:
    """A JPEG that claims to have twelve bits for each sample, and whose pixels are noise."""
    whole = noise(rng, "JPEG")
    frame = whole.index(b"\xff\xc0") + 4
    return whole[:frame] + b"\x0c" + whole[frame + 1 : -600] + rng.randbytes(600)


def floats(rng: random.Random) -> bytes:
    """A TIFF of floating-point numbers."""
    image = Image.new("F", (20, 20), rng.random())
    buffer = BytesIO()
    image.save(buffer, "TIFF")
    return buffer.getvalue()


def unlisted(head: bytes) -> Callable[[random.Random], bytes]:
    """A file that begins like a known format."""
    return lambda rng: head + rng.randbytes(200)


def text(rng: random.Random) -> bytes:
    """Words."""
    return f"Shopping list {rng.random()}: bread, milk, {rng.random()} apples\n".encode() * 20


KINDS: dict[str, tuple[str, str, Callable[[random.Random], bytes]]] = {
    "no bytes": ("empty", ".jpg", lambda rng: b""),
    "text": ("not-an-image", ".jpg", text),
    "zeros": ("not-an-image", ".gif", lambda rng: bytes(rng.randint(1, 5000))),
    "icon": ("format-not-allowed", ".jpg", unlisted(b"\0\0\1\0\1\0")),
    "heic": ("format-not-allowed", ".jpg", unlisted(b"\0\0\0\x18ftypheic")),
    "svg": ("format-not-allowed", ".png", unlisted(b"<?xml version='1.0'?><svg xmlns='x'>")),
    "pdf": ("format-not-allowed", ".png", unlisted(b"%PDF-1.7\n")),
    "netpbm": ("format-not-allowed", ".png", unlisted(b"P6\n3 3\n255\n")),
    "cut jpeg": ("truncated", ".jpg", lambda rng: cut(rng, "JPEG")),
    "cut png": ("truncated", ".png", lambda rng: cut(rng, "PNG")),
    "cut gif": ("truncated", ".gif", lambda rng: cut(rng, "GIF")),
    "cut webp": ("truncated", ".webp", lambda rng: cut(rng, "WEBP")),
    "cut tiff": ("truncated", ".tif", lambda rng: cut(rng, "TIFF")),
    "cut bmp": ("truncated", ".bmp", lambda rng: cut(rng, "BMP")),
    "broken png": ("corrupt", ".png", broken_png),
    "broken jpeg": ("corrupt", ".jpg", broken_jpeg),
    "png bomb": ("too-many-pixels", ".png", bomb_png),
    "gif bomb": ("too-many-pixels", ".gif", bomb_gif),
    "webp bomb": ("too-many-pixels", ".webp", bomb_webp),
    "bmp bomb": ("too-many-pixels", ".bmp", bomb_bmp),
    "frame bomb": ("too-many-frames", ".gif", bomb_frames),
    "huge metadata": ("metadata-too-large", ".jpg", huge_metadata),
    "text bomb": ("metadata-too-large", ".png", text_bomb),
    "floating point": ("pixels-not-supported", ".tif", floats),
}
