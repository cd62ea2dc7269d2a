"""Which places a worker may read and write, and the checks of names against them.

A root is an absolute folder or `s3://bucket` with or without a prefix. Every other protocol is
refused, chained ones too, so that a message cannot make a worker fetch from elsewhere.
"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from task_processor.errors import Permanent

S3 = "s3://"
LONGEST = 4096  # characters of a location
SEPARATOR = re.compile(r"[/\\]")


@dataclass(frozen=True)
class Place:
    """A location that was found to be inside `root`; `parts` lead from there to it."""

    root: str
    parts: tuple[str, ...]

    @property
    def is_s3(self) -> bool:
        return self.root.startswith(S3)

    def __str__(self) -> str:
        if self.is_s3:
            return "/".join((self.root, *self.parts))
        return str(Path(self.root, *self.parts))


@dataclass(frozen=True)
class Roots:
    """The roots for inputs and for outputs; local ones are resolved once, here.

    Raises ValueError for a root that is neither an absolute folder nor `s3://bucket...`.
    """

    read: tuple[str, ...]
    write: tuple[str, ...]
    _read: tuple[str, ...] = field(init=False, repr=False, compare=False, default=())
    _write: tuple[str, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_read", tuple(map(_resolved_root, self.read)))
        object.__setattr__(self, "_write", tuple(map(_resolved_root, self.write)))

    def readable(self, location: str) -> Place:
        """The place of an input. Raises Permanent (outside-roots)."""
        return _place(location, self._read, "read")

    def writable(self, location: str) -> Place:
        """The place of an output. Raises Permanent (outside-roots)."""
        return _place(location, self._write, "written")


def _resolved_root(root: str) -> str:
    if root.startswith(S3):
        bucket, *parts = root[len(S3) :].rstrip("/").split("/")
        if not bucket or any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"{root!r} is no s3://bucket or s3://bucket/prefix")
        return root.rstrip("/")
    if "://" in root or not Path(root).is_absolute():
        raise ValueError(f"{root!r} is neither an absolute folder nor s3://bucket")
    return os.path.realpath(root)


def _place(location: str, roots: tuple[str, ...], verb: str) -> Place:
    # Text instead of pathlib, which costs as much as processing a small image.
    if "\0" in location or len(location) > LONGEST:
        raise _outside(location, "is not a path")
    if location.startswith(S3):
        return _s3_place(location, roots, verb)
    if "://" in location or "::" in location:
        raise _outside(location, "is neither a path nor an s3:// URL")
    if not os.path.isabs(location):  # noqa: PTH117
        raise _outside(location, "is not absolute")
    folder, name = os.path.split(location)
    if ".." in SEPARATOR.split(location) or name in ("", "."):
        raise _outside(location, "contains .. or names a folder")
    # Links are followed once, here. What is opened later is this path, and follows none.
    if verb == "written":
        path = os.path.realpath(folder).rstrip(os.sep) + os.sep + name
    else:
        path = os.path.realpath(location)
    for root in roots:
        inside = root.rstrip(os.sep) + os.sep
        if path.startswith(inside) and len(path) > len(inside):
            return Place(root, tuple(path[len(inside) :].replace(os.sep, "/").split("/")))
    raise _outside(location, f"is outside of what may be {verb}")


def _s3_place(location: str, roots: tuple[str, ...], verb: str) -> Place:
    parts = location[len(S3) :].split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise _outside(location, "has an empty part, . or ..")
    for root in roots:
        if root.startswith(S3) and location.startswith(root + "/"):
            return Place(root, tuple(location[len(root) + 1 :].split("/")))
    raise _outside(location, f"is outside of what may be {verb}")


def _outside(location: str, why: str) -> Permanent:
    return Permanent(
        "outside-roots",
        f"{location[:200]!a} {why}. Move the file, or start the workers with its folder as a root",
    )
