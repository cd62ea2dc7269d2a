"""What a program prints, read as it comes and kept within bounds."""

import re
import threading
from collections import deque
from pathlib import Path
from typing import IO

LINES = 2_000  # kept, the newest
LINE_BYTES = 4_000  # what is longer is cut
CHUNK = 65_536
FRAME = re.compile(r'^\s+File "(?P<file>.+)", line (?P<line>\d+)')
START = "Traceback (most recent call last):"


class Drain:
    """A thread that reads a pipe to its end. `bytes` counts all that came."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.bytes = 0
        self._pipe = pipe
        self._lines: deque[bytes] = deque(maxlen=LINES)
        self._rest = b""
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, name="drain", daemon=True)
        self._thread.start()

    @property
    def lines(self) -> list[str]:
        """The newest lines, the unfinished one included, without their ends."""
        with self._lock:
            raw = [*self._lines, *([self._rest] if self._rest else [])]
        return [line.decode("utf-8", errors="replace").rstrip("\r") for line in raw]

    def join(self, seconds: float) -> None:
        """Wait until the pipe is at its end, as it is when all that could write have ended."""
        self._thread.join(seconds)

    def _read(self) -> None:
        with self._pipe:
            while chunk := self._pipe.read1(CHUNK):  # type: ignore[attr-defined]
                with self._lock:
                    self.bytes += len(chunk)
                    *whole, rest = (self._rest + chunk).split(b"\n")
                    self._lines.extend(line[:LINE_BYTES] for line in whole[-LINES:])
                    self._rest = rest[:LINE_BYTES]


def traceback_in(lines: list[str], folder: Path) -> tuple[str, int, str] | None:
    """File, line and last line of the last traceback, None if there is none.

    File and line are the innermost place in `folder`; ("", 0, ...) if no frame is there. It may
    begin behind something that the program printed without a line break.
    """
    starts = [number for number, line in enumerate(lines) if line.rstrip().endswith(START)]
    if not starts:
        return None
    file, number, message = "", 0, ""
    for line in lines[starts[-1] + 1 :]:
        frame = FRAME.match(line)
        if frame and Path(frame["file"]).is_relative_to(folder):
            file = Path(frame["file"]).relative_to(folder).as_posix()
            number = int(frame["line"])
        elif line and not line[0].isspace():
            message = line
            break
    return file, number, message
