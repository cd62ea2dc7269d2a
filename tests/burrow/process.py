"""burrow as a process of its own, so that it can be measured, asked to stop, or killed."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]


class Broker:
    """`with Broker() as broker:` runs burrow on a free port; `broker.url` reaches it."""

    def __init__(self, data: Path | None = None, *options: str) -> None:
        self.data, self.options = data, options
        self.folder = tempfile.TemporaryDirectory(prefix="burrow-")
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    @property
    def log(self) -> str:
        """What the broker has printed."""
        return (Path(self.folder.name) / "log").read_text(encoding="utf-8", errors="replace")

    def start(self, within: float = 15.0) -> None:
        """Start it, wait for its port file. Raises RuntimeError when it ends, TimeoutError (s)."""
        port_file = Path(self.folder.name) / "port"
        port_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "burrow", "--port", "0", "--port-file", str(port_file)]
        if self.data:
            command += ["--data", str(self.data)]
        with (Path(self.folder.name) / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *self.options], stdout=log, stderr=log, cwd=ROOT
            )
        deadline = time.monotonic() + within
        while not port_file.exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"burrow ended with {self.process.returncode}: {self.log}")
            if time.monotonic() > deadline:
                self.kill()
                raise TimeoutError(f"burrow wrote no port file within {within} s")
            time.sleep(0.01)
        self.url = f"amqp://guest:guest@127.0.0.1:{int(port_file.read_text().strip())}/%2F"

    def kill(self) -> None:
        """SIGKILL, and wait."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self, within: float = 5.0) -> int:
        """SIGTERM, and wait: the exit code. Kills it and raises TimeoutError after `within` s."""
        assert self.process
        self.process.terminate()
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"burrow did not stop within {within} s") from None

    def memory(self) -> float:
        """Resident memory in MB (Linux)."""
        assert self.process
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0

    def alive(self) -> bool:
        """True while the process runs."""
        return self.process is not None and self.process.poll() is None

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.alive():
            with contextlib.suppress(TimeoutError):
                self.stop()
        self.folder.cleanup()
