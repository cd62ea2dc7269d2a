"""The work. Not to be edited."""

import time


def do(task: str) -> None:
    """Takes a moment, then appends a line."""
    time.sleep(0.05)
    with open("done.txt", "a", encoding="utf-8") as file:
        file.write(f"{task.upper()}\n")
