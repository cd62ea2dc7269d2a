"""One task, whole: read, check, decode, transform, encode, put in place. No broker in sight."""

import hashlib
from dataclasses import dataclass

from PIL import Image

from task_processor.errors import Permanent, TaskError, Transient
from task_processor.images.decode import opened
from task_processor.images.encode import encode
from task_processor.images.formats import BY_SUFFIX, WORDS, Format
from task_processor.images.limits import Limits
from task_processor.images.operations import (
    Convert,
    Grayscale,
    Operation,
    Rotate,
    StripMetadata,
    Thumbnail,
    converts_to,
    parse,
)
from task_processor.images.transform import apply
from task_processor.storage.roots import Place, Roots
from task_processor.storage.store import exists, read, write
from task_processor.storage.targets import carries_digest


@dataclass(frozen=True)
class Work:
    """What a worker process needs to know; small, and made of text only.

    `source` and `target` are absolute paths or s3:// URLs. `content_hash` is the SHA-256, in hex,
    of the input when it was submitted.
    """

    source: str
    target: str
    operations: str
    content_hash: str | None


@dataclass(frozen=True)
class Done:
    """The output. `skipped` means that it was there already."""

    target: str
    sha256: str
    bytes: int
    width: int
    height: int
    skipped: bool


def run(work: Work, roots: Roots, limits: Limits) -> Done:
    """Does the work, once: the same work again finds its output, and changes nothing.

    Raises TaskError, and nothing else; then there is no output, nor a part of one.
    """
    try:
        return _run(work, roots, limits)
    except TaskError:
        raise
    except MemoryError:
        raise Transient(
            "out-of-memory", "the image needs more memory than the worker has"
        ) from None
    except Exception as error:
        raise Permanent(
            "internal-error", f"{type(error).__name__}: {str(error)[:200]!a}"
        ) from error


def _run(work: Work, roots: Roots, limits: Limits) -> Done:
    operations = parse(work.operations)
    target = roots.writable(work.target)
    format = _format_of_target(work.target, operations)
    source = roots.readable(work.source)
    named = carries_digest(work.target, work.source, work.content_hash, work.operations)
    present = exists(target)
    if named and present:
        there = read(target, limits.output_bytes)
        try:
            with opened(there, limits, any_metadata=True) as picture:
                size = next(picture.frames(limits)).size
            return _done(work, there, size, skipped=True)
        except Permanent:
            pass  # damaged since; it is made again
    data = read(source, limits.input_bytes)
    if work.content_hash not in (None, hashlib.sha256(data).hexdigest()):
        raise Permanent("changed", f"{work.source!a} is not what was submitted. Submit it again")
    output, size = process(data, operations, format, limits)
    if present and not named:
        _check_same(target, output, limits)
        return _done(work, output, size, skipped=True)
    write(target, output)
    return _done(work, output, size, skipped=False)


def process(
    data: bytes, operations: tuple[Operation, ...], format: Format, limits: Limits
) -> tuple[bytes, tuple[int, int]]:
    """The output's bytes and its size in pixels. Pure: depends on its arguments alone."""
    strip = any(isinstance(operation, StripMetadata) for operation in operations)
    with opened(
        data, limits, output=format, shrink_to=_first_size(operations), any_metadata=strip
    ) as picture:
        frames = [_applied(frame, operations) for frame in picture.frames(limits)]
    output = encode(
        frames,
        format,
        limits,
        durations=picture.durations,
        loop=picture.loop,
        exif=b"" if strip else picture.exif,
    )
    return output, frames[0].size


def _applied(frame: Image.Image, operations: tuple[Operation, ...]) -> Image.Image:
    for operation in operations:
        frame = apply(frame, operation)
    return frame


def _first_size(operations: tuple[Operation, ...]) -> int | None:
    """The size to which the image is shrunk before anything that depends on its size."""
    for operation in operations:
        if isinstance(operation, Thumbnail):
            return operation.size
        if not isinstance(operation, Grayscale | Rotate | Convert | StripMetadata):
            return None
    return None


def _format_of_target(target: str, operations: tuple[Operation, ...]) -> Format:
    """The output's format by its name, which `convert` must agree with."""
    suffix = "." + target.rpartition(".")[2].lower()
    format = BY_SUFFIX.get(suffix)
    if format is None:
        raise Permanent("unknown-operation", f"{suffix[:20]!a} is a suffix of none of {WORDS}")
    asked = converts_to(operations)
    if asked is not None and asked is not format:
        raise Permanent(
            "unknown-operation", f"convert:{asked.word} cannot be written as {suffix[:20]!a}"
        )
    return format


def _check_same(target: Place, output: bytes, limits: Limits) -> None:
    """Another file is never overwritten; the same output may be there from an earlier attempt."""
    try:
        there = read(target, limits.output_bytes)
    except Permanent:
        there = None
    if there != output:
        raise Permanent(
            "target-taken",
            f"another file is at {str(target)!a}. Move it away, then retry",
        )


def _done(work: Work, output: bytes, size: tuple[int, int], *, skipped: bool) -> Done:
    sha256 = hashlib.sha256(output).hexdigest()
    return Done(work.target, sha256, len(output), *size, skipped)
