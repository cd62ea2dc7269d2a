"""How outputs are named: `photo.jpg` becomes `photo-1f3a9c2b7d40e5aa.webp`.

The sixteen digits are a digest of the input's location and content and of the operations. So no
two inputs share an output, and a file with that name is the right output: nothing is ever put
under its name but whole. That is how a worker knows that a task was done before.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from task_processor.images.formats import BY_SUFFIX, HEAD, Format, format_of
from task_processor.images.limits import Limits
from task_processor.images.operations import converts_to, parse
from task_processor.storage.roots import S3, Roots
from task_processor.storage.store import read

PIPELINE = 1  # raise it when the same operations are to give other pixels
DIGITS = 16
LONGEST_STEM = 80


@dataclass(frozen=True)
class Fingerprint:
    """What identifies a file's content, and the format that it has."""

    sha256: str
    size: int
    format: Format | None


def fingerprint(location: str, roots: Roots, limits: Limits) -> Fingerprint:
    """Reads an input once, for submitting it. Raises TaskError if it cannot be read."""
    data = read(roots.readable(location), limits.input_bytes)
    return Fingerprint(hashlib.sha256(data).hexdigest(), len(data), format_of(data[:HEAD]))


def digest_of(source: str, content_hash: str | None, operations: str) -> str:
    """The digits in an output's name."""
    facts = json.dumps([PIPELINE, source, content_hash, operations])
    return hashlib.sha256(facts.encode("ascii")).hexdigest()[:DIGITS]


def target_for(
    source: str,
    relative: str,
    out: str,
    operations: str,
    content_hash: str | None,
    format: Format | None = None,
) -> str:
    """Where the output of `source` goes: below `out`, in the folder that `relative` has.

    The suffix is that of `convert`, or else of the input's own `format`.
    """
    path = PurePosixPath(relative)
    format = converts_to(parse(operations)) or format or BY_SUFFIX.get(path.suffix.lower())
    suffix = format.suffix if format else ".png"
    folders = [_portable(part) for part in path.parts[:-1] if part not in ("..", ".", "/")]
    stem = _portable(path.stem if path.suffix.lower() in BY_SUFFIX else path.name)
    name = f"{stem}-{digest_of(source, content_hash, operations)}{suffix}"
    if out.startswith(S3):
        return "/".join((out.rstrip("/"), *folders, name))
    return str(Path(out, *folders, name))


def carries_digest(target: str, source: str, content_hash: str | None, operations: str) -> bool:
    """Whether a target's name says that it is the output of exactly this work."""
    if content_hash is None:
        return False
    stem = re.split(r"[/\\]", target)[-1].rpartition(".")[0]
    return stem.endswith("-" + digest_of(source, content_hash, operations))


def _portable(part: str) -> str:
    """A name that every system can hold; the digest tells apart what becomes alike."""
    clean = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]', "_", part)[:LONGEST_STEM]
    short = clean.encode()[: 2 * LONGEST_STEM].decode(errors="ignore")  # names have 255 bytes
    return short.rstrip(". ") or "_"
