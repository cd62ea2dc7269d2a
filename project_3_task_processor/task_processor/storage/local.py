"""Local files as an fsspec file system that never leaves its root and never writes by halves.

fsspec's own local file system opens paths by name, so that a folder which becomes a symbolic link
after a check would be followed. This one walks from the root folder by folder, following no link
(openat with O_NOFOLLOW). Windows has no such calls: there a race of that kind remains.
"""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from fsspec.implementations.local import LocalFileSystem

from task_processor.errors import Permanent, Transient

WALKS = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
READ = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a named pipe must not make us wait
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
NEW = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
PART = ".part"


class ConfinedFileSystem(LocalFileSystem):  # type: ignore[misc]  # fsspec ships no types
    """Paths are relative to `root`, with `/`; they were checked, and are checked again here."""

    cachable = False
    protocol = "confined"

    def __init__(self, root: str) -> None:
        super().__init__()
        self.root = root

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path

    @contextmanager
    def _folder(self, path: str, create: bool = False) -> Iterator[tuple[int | None, str]]:
        """The open folder of `path` and the name within it; without openat, None and the path."""
        *folders, name = path.split("/")
        if not name or any(part in ("", ".", "..") for part in (*folders, name)):
            raise Permanent("outside-roots", f"{path!a} is no path below a root")
        if not WALKS:
            whole = Path(self.root, *folders)
            if create and Path(self.root).is_dir():
                whole.mkdir(parents=True, exist_ok=True)
            yield None, str(whole / name)
            return
        try:
            here = os.open(self.root, FOLDER)
        except FileNotFoundError:
            raise Transient(
                "storage-unavailable", f"the root {self.root!a} is missing. Is it mounted?"
            ) from None
        try:
            for folder in folders:
                if create:
                    with suppress(FileExistsError):
                        os.mkdir(folder, dir_fd=here)
                below = os.open(folder, FOLDER, dir_fd=here)
                os.close(here)
                here = below
            yield here, name
        finally:
            os.close(here)

    def _open(self, path: str, mode: str = "rb", **_: Any) -> BinaryIO:
        if mode != "rb":
            raise ValueError("files are written whole, by pipe_file")
        with self._folder(path) as (folder, name):
            number = os.open(name, READ, dir_fd=folder)
        file = os.fdopen(number, "rb")
        if not stat.S_ISREG(os.fstat(number).st_mode):
            file.close()
            raise Permanent("unreadable", f"{path!a} is no regular file")
        return file

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """What is at `path`; a link is a link. Raises FileNotFoundError."""
        with self._folder(path) as (folder, name):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        kind = "file" if stat.S_ISREG(found.st_mode) else "other"
        return {"name": path, "size": found.st_size, "type": kind}

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        """Writes a file whole or not at all, also if the power fails; makes its folders."""
        with self._folder(path, create=True) as (folder, name):
            part = _part_of(name)
            number = os.open(part, NEW, 0o666, dir_fd=folder)
            try:
                with os.fdopen(number, "wb", buffering=0) as file:
                    view = memoryview(value)
                    while view:
                        view = view[file.write(view) :]
                    os.fsync(number)
                os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(part, dir_fd=folder)
                raise
            if folder is not None:
                os.fsync(folder)


def _part_of(name: str) -> str:
    """A hidden name beside `name`, which no other process picks."""
    path = Path(name)
    return str(path.with_name(f".{path.name[-60:]}.{secrets.token_hex(8)}{PART}"))


def is_part(name: str) -> bool:
    """Whether a killed worker may have left this file."""
    return name.startswith(".") and name.endswith(PART)
