"""Writes frames as a file's bytes; the same frames always give the same bytes."""

from io import BytesIO
from typing import Any

from PIL import Image

from task_processor.errors import Permanent
from task_processor.images.formats import Format
from task_processor.images.limits import Limits
from task_processor.images.metadata import without_folders

OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 85},
    "PNG": {"compress_level": 4},  # 6 takes twice as long for 3 % fewer bytes
    "WEBP": {"quality": 80, "method": 1},  # 4, the default, takes three times as long for 5 %
    "GIF": {},
    "TIFF": {"compression": "tiff_lzw"},
    "BMP": {},
}
LARGEST_JPEG_EXIF = 65_000  # a segment of a JPEG has a length of 16 bits
MODES = {  # what a format holds: plain, and with transparency
    "JPEG": ("L", "RGB"),
    "BMP": ("L", "RGB"),
    "GIF": ("L", "RGB", "RGBA"),
    "WEBP": ("RGB", "RGBA"),
    "PNG": ("L", "LA", "RGB", "RGBA"),
    "TIFF": ("L", "LA", "RGB", "RGBA"),
}
LARGEST_SIDE = {"JPEG": 65_535, "WEBP": 16_383, "GIF": 65_535}


class _Bounded(BytesIO):
    """Memory that refuses to grow beyond a limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self._limit:
            raise Permanent(
                "output-too-large",
                f"the output would have more than {self._limit} bytes. "
                "Raise the limit, or convert to webp or jpeg",
            )
        return super().write(data)


def encode(
    frames: list[Image.Image],
    format: Format,
    limits: Limits,
    *,
    durations: list[int] | None = None,
    loop: int | None = None,
    exif: bytes = b"",
) -> bytes:
    """The file's bytes. Transparency becomes white where the format has none.

    `durations` are milliseconds for each frame. Raises Permanent (output-too-large,
    metadata-too-large).
    """
    side = LARGEST_SIDE.get(format.name)
    if side is not None and max(max(frame.size) for frame in frames) > side:
        raise Permanent(
            "output-too-large",
            f"a {format.word} holds at most {side} pixels on a side. Add thumbnail:{side}",
        )
    options = dict(OPTIONS[format.name])
    if exif and format.name not in ("GIF", "BMP"):
        if format.name == "JPEG" and len(exif) > LARGEST_JPEG_EXIF:
            raise Permanent(
                "metadata-too-large",
                f"its EXIF has {len(exif)} bytes, and a jpeg holds {LARGEST_JPEG_EXIF}. "
                "Submit it again with strip-metadata",
            )
        options["exif"] = without_folders(exif) if format.name == "TIFF" else exif
    frames = _alike(frames, format)
    if len(frames) > 1:
        options |= {"save_all": True, "append_images": frames[1:]}
        if format.frames == "animation":
            options |= _timing(format, durations or [], loop)
    output = _Bounded(limits.output_bytes)
    frames[0].save(output, format.name, **options)
    return output.getvalue()


def _timing(format: Format, durations: list[int], loop: int | None) -> dict[str, Any]:
    timing: dict[str, Any] = {"duration": durations}
    if loop is not None:
        timing["loop"] = loop
    elif format.name != "GIF":
        timing["loop"] = 1
    return timing


def _alike(frames: list[Image.Image], format: Format) -> list[Image.Image]:
    """The frames in one mode that the format holds, without what Pillow would save by itself."""
    modes = {frame.mode for frame in frames}
    colour = "RGB" if modes & {"RGB", "RGBA"} else "L"
    alpha = bool(modes & {"LA", "RGBA"})
    wanted = (colour + "A") if alpha else colour
    held = MODES[format.name]
    if wanted not in held:
        if alpha and not any("A" in mode for mode in held):
            frames = [_on_white(frame) for frame in frames]
            wanted = colour
        else:
            wanted = "RGBA" if alpha else "RGB"
    frames = [frame if frame.mode == wanted else frame.convert(wanted) for frame in frames]
    for frame in frames:
        frame.info = {}
    return frames


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in ("LA", "RGBA"):
        return image
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
