"""Reads and writes whole files at checked places, through fsspec."""

import os
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import fsspec

from task_processor.errors import Permanent, Transient
from task_processor.storage.faults import storage_faults
from task_processor.storage.local import ConfinedFileSystem, is_part
from task_processor.storage.roots import S3, Place

CHUNK = 1024 * 1024


@lru_cache(maxsize=64)
def confined(root: str) -> ConfinedFileSystem:
    """The file system of a local root."""
    return ConfinedFileSystem(root)


@lru_cache(maxsize=1)
def s3() -> Any:
    """fsspec's S3. Endpoint and keys come from the environment, as for every S3 program.

    A process that was forked must not use its parent's: start worker processes by spawn.
    """
    try:
        return fsspec.filesystem("s3", use_listings_cache=False, skip_instance_cache=True)
    except ImportError:
        raise Transient(
            "storage-unavailable", "this worker cannot speak S3. Install task-processor[s3]"
        ) from None


def _file_system(place: Place) -> Any:
    return s3() if place.is_s3 else confined(place.root)


def _path(place: Place) -> str:
    if place.is_s3:
        return str(place)[len(S3) :]
    return "/".join(place.parts)


def read(place: Place, limit: int) -> bytes:
    """The file's bytes. Raises TaskError, too-many-bytes above `limit` among them."""
    system = _file_system(place)
    with storage_faults(place, "read"):
        if place.is_s3:
            size = int(system.info(_path(place))["size"])
            _check_size(place, size, limit)
            if not size:
                return b""  # S3 refuses to give a range of nothing
            data = bytes(system.cat_file(_path(place), start=0, end=limit + 1))
        else:
            with system.open(_path(place), "rb") as file:
                _check_size(place, os.fstat(file.fileno()).st_size, limit)
                data = file.read(limit + 1)
    _check_size(place, len(data), limit)
    return data


def _check_size(place: Place, size: int, limit: int) -> None:
    if size > limit:
        raise Permanent(
            "too-many-bytes",
            f"{str(place)!a} has {size} bytes or more, the limit is {limit}. "
            "Raise the limit, or shrink the file",
        )


def exists(place: Place) -> bool:
    """Whether anything is at the place. Raises TaskError if the storage does not answer."""
    with storage_faults(place, "read"):
        try:
            _file_system(place).info(_path(place))
        except FileNotFoundError:
            return False
    return True


def write(place: Place, data: bytes) -> None:
    """Puts a file in place, whole or not at all. Raises TaskError."""
    with storage_faults(place, "write"):
        _file_system(place).pipe_file(_path(place), data)


def clean(roots: Iterable[str], older_than: float = 3600.0) -> int:
    """Removes what killed workers left half written, if older than so many seconds; counts it."""
    removed = 0
    for root in roots:
        if root.startswith(S3):
            continue  # an unfinished put leaves nothing there
        for folder, _, names in os.walk(root):
            for part in (Path(folder, name) for name in names if is_part(name)):
                try:
                    if time.time() - part.lstat().st_mtime > older_than:
                        part.unlink()
                        removed += 1
                except OSError:
                    continue  # another worker was faster
    return removed
