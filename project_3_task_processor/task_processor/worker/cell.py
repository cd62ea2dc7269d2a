"""Two numbers that a worker process leaves where they survive it: what it began and finished.

A file in memory that both sides map. Writing costs no system call, so it can be done for every
task, and after a SIGKILL the main process reads which task the process was at.
"""

import mmap
import struct
import tempfile
from pathlib import Path

NUMBERS = struct.Struct("<QQ")


class Cell:
    """The main process makes it, the worker process opens it by its path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), NUMBERS.size)

    @classmethod
    def create(cls) -> "Cell":
        with tempfile.NamedTemporaryFile(prefix="task-processor-", delete=False) as file:
            file.write(NUMBERS.pack(0, 0))
        return cls(Path(file.name))

    def write(self, begun: int, finished: int) -> None:
        """Serial numbers of the task begun last and of the one finished last."""
        NUMBERS.pack_into(self._map, 0, begun, finished)

    def read(self) -> tuple[int, int]:
        begun, finished = NUMBERS.unpack_from(self._map, 0)
        return begun, finished

    def remove(self) -> None:
        self._map.close()
        self.path.unlink(missing_ok=True)
