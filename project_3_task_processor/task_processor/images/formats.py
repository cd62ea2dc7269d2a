"""The formats that are allowed, told apart by their first bytes; names of files do not count."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """One allowed format. `name` is Pillow's; `frames` names a family that shares animation."""

    name: str
    word: str
    suffix: str
    suffixes: tuple[str, ...]
    frames: str | None = None


FORMATS = (
    Format("JPEG", "jpeg", ".jpg", (".jpg", ".jpeg", ".jpe", ".jfif")),
    Format("PNG", "png", ".png", (".png", ".apng"), "animation"),
    Format("WEBP", "webp", ".webp", (".webp",), "animation"),
    Format("GIF", "gif", ".gif", (".gif",), "animation"),
    Format("TIFF", "tiff", ".tiff", (".tiff", ".tif"), "pages"),
    Format("BMP", "bmp", ".bmp", (".bmp", ".dib")),
)
BY_NAME = {format.name: format for format in FORMATS}
BY_WORD = {format.word: format for format in FORMATS} | {
    "jpg": BY_NAME["JPEG"],
    "tif": BY_NAME["TIFF"],
}
BY_SUFFIX = {suffix: format for format in FORMATS for suffix in format.suffixes}
WORDS = ", ".join(format.word for format in FORMATS)
HEAD = 512  # bytes that are enough to tell

_ALLOWED = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
)
_OTHERS = (
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x01\x00", "a Windows icon"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL image"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript document"),
    (b"\x76\x2f\x31\x01", "an OpenEXR image"),
    (b"#?RADIANCE", "a Radiance image"),
    (b"DDS ", "a DirectDraw surface"),
    (b"qoif", "a QOI image"),
    (b"icns", "an Apple icon"),
    (b"\xd7\xcd\xc6\x9a", "a Windows metafile"),
    (b"SIMPLE  =", "a FITS image"),
    (b"FORM", "an IFF file"),
    (b"\x0a\x05\x01\x08", "a PCX image"),
    (b"gimp xcf", "a GIMP document"),
)


def format_of(head: bytes) -> Format | None:
    """The allowed format whose signature the file's first bytes are."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return BY_NAME["WEBP"]
    for signature, name in _ALLOWED:
        if head.startswith(signature):
            return BY_NAME[name]
    return None


def other_format_of(head: bytes) -> str | None:
    """What an image or document of a known, but not allowed format is called."""
    if head[4:8] == b"ftyp":
        return f"an image or film of type {head[8:12].decode('ascii', 'replace')!r}"
    if len(head) > 2 and head[:1] == b"P" and head[1:2] in b"1234567Ff" and head[2:3].isspace():
        return "a Netpbm image"
    for signature, name in _OTHERS:
        if head.startswith(signature):
            return name
    if b"<svg" in head.lower():
        return "an SVG drawing"
    return None
