"""Given: what a report is, and what a watcher does with one."""

import json
import os
import sys
from pathlib import Path
from typing import NamedTuple


class Report(NamedTuple):
    """Each of the first three may be empty; a service may have parts, as in "db.replica"."""

    region: str
    service: str
    severity: str
    text: str


def parse(argument: str) -> Report:
    """Read "eu/db.replica/critical:lag 40 s", or "/db/info:started" without a region."""
    fields, _, text = argument.partition(":")
    parts = fields.split("/")
    if len(parts) != 3:
        sys.exit(f"{argument!r} is no report: REGION/SERVICE/SEVERITY:TEXT")
    return Report(*parts, text)


def expand(words: list[str]) -> list[str]:
    """Binding keys as they are; "@critical" becomes those that views.py has for "critical"."""
    from views import VIEWS

    patterns = []
    for word in words:
        if word.startswith("@") and word[1:] not in VIEWS:
            sys.exit(f"There is no view {word[1:]!r} in views.py")
        patterns += VIEWS[word[1:]] if word.startswith("@") else [word]
    return patterns


def show(watcher: str, routing_key: str, text: str) -> None:
    """Append {"key", "text"} to the file WATCHER.jsonl, or to the one that SHOW_FILE names."""
    line = json.dumps({"key": routing_key, "text": text})
    path = Path(os.environ.get("SHOW_FILE", f"{watcher}.jsonl"))
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    print(f" [x] {watcher} {routing_key}: {text}", flush=True)
