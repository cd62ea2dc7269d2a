"""The work. Not to be edited."""

import time
from pathlib import Path


def do(task: str) -> None:
    """Takes a moment, then appends a line."""
    time.sleep(0.05)
    with Path("done.txt").open("a", encoding="utf-8") as file:
        file.write(f"{task.upper()}\n")
