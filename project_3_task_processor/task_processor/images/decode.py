"""Turns untrusted bytes into upright frames in sRGB, within limits, or says what is wrong.

Only the decoder that the first bytes ask for may run, and only if its format is on the list.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import SEEK_CUR, BytesIO

from PIL import Image, ImageFile, UnidentifiedImageError

from task_processor.errors import Permanent, TaskError, Transient
from task_processor.images.colour import normal
from task_processor.images.formats import HEAD, WORDS, Format, format_of, other_format_of
from task_processor.images.limits import Limits
from task_processor.images.metadata import ORIENTATION, kept_exif, size_of

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def identify(data: bytes) -> Format:
    """The file's format by its first bytes. Raises Permanent if it is none of ours."""
    if not data:
        raise Permanent("empty", "the file has no bytes. Copy it again from its origin")
    found = format_of(data[:HEAD])
    if found is not None:
        return found
    other = other_format_of(data[:HEAD])
    if other is not None:
        raise Permanent(
            "format-not-allowed", f"it is {other}. Convert it to one of {WORDS}, then submit it"
        )
    raise Permanent("not-an-image", f"it begins like none of {WORDS}, whatever its name says")


class Picture:
    """An opened file. After `frames`, the times of its frames and its EXIF are known.

    `durations` are milliseconds; `loop` counts repetitions, 0 for ever, None for playing once.
    """

    def __init__(
        self, image: ImageFile.ImageFile, format: Format, several: bool, file: BytesIO
    ) -> None:
        self.format = format
        self.durations: list[int] = []
        self.loop: int | None = image.info.get("loop")
        self.exif = b""
        self._image = image
        self._several = several
        self._file = file

    def frames(self, limits: Limits) -> Iterator[Image.Image]:
        """The frames, upright and in sRGB, one by one. Raises TaskError, and nothing else."""
        image = self._image
        orientation, pixels = 1, 0
        with _faults():
            for _ in _indexes(image, self._several):
                if len(self.durations) == limits.frames:
                    raise Permanent(
                        "too-many-frames",
                        f"it has more than {limits.frames} frames or pages. "
                        "Raise the limit, or split it",
                    )
                pixels += image.width * image.height
                _check_pixels(pixels, limits)
                image.load()
                if not self.durations or self.format.frames == "pages":
                    exif = image.getexif()
                    orientation = exif.get(ORIENTATION, 1)
                    self.exif = self.exif or kept_exif(exif)
                frame = normal(image, image.info.get("icc_profile"))
                if orientation in UPRIGHT:
                    frame = frame.transpose(UPRIGHT[orientation])
                self.durations.append(round(image.info.get("duration", 0)))
                yield frame.copy() if self._several and frame is image else frame
            if self._several and self.format.name == "GIF":
                # Pillow takes the end of the file for the end of the animation.
                self._file.seek(-1, SEEK_CUR)
                if self._file.read(1) != b";":
                    raise _truncated()


@contextmanager
def opened(
    data: bytes,
    limits: Limits,
    *,
    output: Format | None = None,
    shrink_to: int | None = None,
    any_metadata: bool = False,
) -> Iterator[Picture]:
    """Reads the header of the image in `data`; its frames are decoded when they are asked for.

    All frames are given if the `output` format can hold them, else the first. `shrink_to` allows
    a JPEG to be decoded smaller, though not below 1.5 times so many pixels. `any_metadata` waives
    the limit on metadata. For one thread at a time: Pillow's limit is a global. Raises TaskError.
    """
    format = identify(data)
    if format.name == "WEBP" and int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise _truncated()
    file = BytesIO(data)
    with _pillow_within(limits):
        with _faults():
            image = Image.open(file, formats=[format.name])
        with image:
            with _faults():
                _check_pixels(image.width * image.height, limits)
                if not any_metadata:
                    _check_metadata(image, limits)
                if shrink_to is not None and format.name == "JPEG":
                    _draft(image, shrink_to)
            several = output is not None and format.frames == output.frames is not None
            yield Picture(image, format, several, file)


def _check_metadata(image: ImageFile.ImageFile, limits: Limits) -> None:
    size = size_of(image)
    if size > limits.metadata_bytes:
        raise Permanent(
            "metadata-too-large",
            f"it carries {size} bytes of metadata, the limit is {limits.metadata_bytes}. "
            "Submit it again with strip-metadata",
        )


def _indexes(image: ImageFile.ImageFile, several: bool) -> Iterator[int]:
    """Moves through the frames; a still image that stands before an animation is none of them."""
    start = 1 if several and getattr(image, "default_image", False) else 0
    for index in range(start, 1 << 30):
        if index:
            try:
                image.seek(index)
            except EOFError:
                return
        yield index
        if not several:
            return


def _draft(image: ImageFile.ImageFile, size: int) -> None:
    """Lets the JPEG decoder scale down by 2, 4 or 8, to no less than 1.5 times what is wanted."""
    share = 1.5 * size / max(image.size)
    if share < 1:
        image.draft(None, (max(1, int(image.width * share)), max(1, int(image.height * share))))


def _check_pixels(pixels: int, limits: Limits) -> None:
    if pixels > limits.pixels:
        raise Permanent(
            "too-many-pixels",
            f"it would decode to at least {pixels} pixels, the limit is {limits.pixels}. "
            "Raise the limit, or shrink the image",
        )


@contextmanager
def _pillow_within(limits: Limits) -> Iterator[None]:
    """Holds Pillow to our limit, also where it allocates on opening; silences its warnings."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = (limits.pixels + 1) // 2  # Pillow refuses above twice this number
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


@contextmanager
def _faults() -> Iterator[None]:
    """Every error of a decoder, whatever its type, becomes a reason."""
    try:
        yield
    except TaskError:
        raise
    except Image.DecompressionBombError:
        raise Permanent(
            "too-many-pixels", "it would decode to more pixels than the limit. Raise the limit"
        ) from None
    except MemoryError:
        raise Transient(
            "out-of-memory", "decoding it needs more memory than the worker has"
        ) from None
    except EOFError:
        raise _truncated() from None
    except Exception as error:
        said = str(error) or type(error).__name__
        if any(word in said.lower() for word in ("truncated", "unexpected end", "eof")):
            raise _truncated() from None
        if "text chunks" in said or "MAX_TEXT_CHUNK" in said:
            raise Permanent(
                "metadata-too-large", "its texts unpack to more than any image needs. Remove them"
            ) from None
        if isinstance(error, UnidentifiedImageError):
            said = "its header makes no sense"
        raise Permanent(
            "corrupt", f"it cannot be decoded: {ascii(said[:120])[1:-1]}. Export it again"
        ) from None


def _truncated() -> Permanent:
    return Permanent("truncated", "it ends too early. Copy it again from its origin")
