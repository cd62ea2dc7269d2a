"""Given: what a program does with one log line. It takes a moment, and ends as a line in a file."""

import json
import os
import time
from pathlib import Path


def keep(book: str, severity: str, text: str) -> None:
    """Append {"severity", "text"} to the file BOOK.jsonl.

    KEEP_SECONDS sets how long that takes, KEEP_FILE another file.
    """
    time.sleep(float(os.environ.get("KEEP_SECONDS", "0")))
    line = json.dumps({"severity": severity, "text": text})
    path = Path(os.environ.get("KEEP_FILE", f"{book}.jsonl"))
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    print(f" [x] {book} {severity}:{text}", flush=True)
