"""How much longer than usual things take on this machine now."""

import os
import time

import psutil

MOST = 3.0
USUAL = 1.5  # a process that starts waits a little for the disk, also where nobody else works


def measure() -> float:
    """From 1, nobody else wants the processor, to 3.

    A busy machine, as in a classroom or in CI, must not make a right program look wrong. Measured
    is how long this process has been starting for each second of the processor that it got.
    """
    lived = time.time() - float(psutil.Process(os.getpid()).create_time())
    return max(1.0, min(lived / max(time.process_time(), 0.05) / USUAL, MOST))
