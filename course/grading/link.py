"""The line between the grader and the process that runs the checks: JSON, one message per line.

The checks run in a process of their own: a learner's Ctrl-C, a hard time limit, `--watch`, and our
own tests under xdist must neither end nor find in a half-changed state the process that makes the
vhost and cleans up. If one side dies, the other sees the end of its pipe.
"""

import json
import os
import queue
import signal
import sys
import threading
from typing import IO, Any

from course.errors import CouldNotCheck


class Gone(Exception):
    """The other side has ended."""


class Link:
    """The end of the process that runs the checks."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()
        self._replies: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.gone = False
        threading.Thread(target=self._read, name="link", daemon=True).start()

    def receive(self) -> dict[str, Any]:
        """The next message. Raises Gone if none will come."""
        message = None if self.gone and self._replies.empty() else self._replies.get()
        if message is None:
            raise Gone
        return message

    def send(self, kind: str, **values: Any) -> None:
        """Tell the grader; nothing happens if it is gone."""
        line = json.dumps({"kind": kind, **values}).encode() + b"\n"
        with self._lock:
            try:
                self._outgoing.write(line)
                self._outgoing.flush()
            except (OSError, ValueError):
                self.gone = True

    def ask(self, what: str) -> dict[str, Any]:
        """Let the grader do something to the broker. Raises CouldNotCheck with what it says."""
        self.send("ask", what=what)
        reply = self.receive()
        if "error" in reply:
            raise CouldNotCheck(reply["error"])
        return reply

    def _read(self) -> None:
        for line in self._incoming:
            self._replies.put(json.loads(line))
        self.gone = True
        self._replies.put(None)
        _interrupt()


def _interrupt() -> None:
    """Ctrl-C for our own main thread, so that it cleans up and ends."""
    if sys.platform == "win32":
        import _thread

        _thread.interrupt_main()
    else:
        main = threading.main_thread().ident
        if main is not None:
            signal.pthread_kill(main, signal.SIGINT)


def private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Our stdin and stdout for messages only; what anybody prints goes to stderr from now on."""
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb")
