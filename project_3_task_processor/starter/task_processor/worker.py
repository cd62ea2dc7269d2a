"""`worker`: takes tasks from the broker, does them, and acknowledges each when it is done."""

import sys

from task_processor import broker


def run(processes: int, roots: list[str]) -> int:
    """Run a worker until it is told to stop, by SIGTERM or Ctrl-C."""
    with broker.connect():
        # TODO 2: consume; for each delivery tasks.do(tasks.decode(body), roots), then acknowledge.
        # Milestone 2: connect again after a lost connection.
        # Milestone 3: a TaskError becomes a retry, later, or a dead letter with its reason.
        # Milestone 4: tell what is done, before the acknowledgement.
        # Milestone 5: limit what one worker holds.
        print("The worker takes no tasks yet: see worker.py.", file=sys.stderr)
    return 1
