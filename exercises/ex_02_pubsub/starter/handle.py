"""Given: what a service does with one event. It takes a moment, and ends as a line in a file."""

import json
import os
import time
from pathlib import Path


def handle(service: str, event: str) -> None:
    """Work on the event, then append {"service", "event"} to the file handled-SERVICE.jsonl.

    HANDLE_SECONDS sets how long the work takes, HANDLED_FILE another file.
    """
    time.sleep(float(os.environ.get("HANDLE_SECONDS", "0.3")))
    line = json.dumps({"service": service, "event": event})
    path = Path(os.environ.get("HANDLED_FILE", f"handled-{service}.jsonl"))
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    print(f" [x] {service}: {event}", flush=True)
