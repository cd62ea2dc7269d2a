"""Run one lesson script as if by `python SCRIPT`, but explain a lost broker in one line.

Usage: python -m course.host SCRIPT [ARGS ...]
"""

import os
import runpy
import signal
import sys
from pathlib import Path
from types import TracebackType


def explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An exception hook: AMQP's errors in one line, all others as Python shows them."""
    import pika.exceptions

    if not isinstance(error, pika.exceptions.AMQPError):
        sys.__excepthook__(kind, error, trace)
        return
    message = ", ".join(filter(None, map(str, error.args)))  # pika wraps errors without a text
    if not message and kind is pika.exceptions.AMQPConnectionError:
        message = "no broker answers. Start one: ./learn broker up"
    message = message or "the broker broke it off"
    sys.stderr.write(f" [!] {kind.__name__}: {message}\n")


def main() -> None:
    script = Path(sys.argv[1]).resolve()
    # A shell may start background jobs with Ctrl-C ignored; a lesson wants it to work.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.excepthook = explain
    sys.argv = [os.path.relpath(script), *sys.argv[2:]]
    sys.path.insert(0, str(script.parent))
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
