"""The work itself: write the invoice for one order. Given, and not part of the exercise.

An order is a number, a colon and amounts in cents: "A17:1250+320" makes an invoice of 1570.
"900/3" is 900 shared by three. At the end of an order may stand
  .  one second of work for each dot, as in the lesson,
  ~  one failure for each: "A18:250~~" fails twice and succeeds the third time.
"""

import json
import os
import time
from pathlib import Path

JOURNAL = Path(__file__).with_name("journal.jsonl")


def do(order: str) -> int:
    """Write one invoice, which may take a while, and return its total in cents.

    Raises an exception, of whatever kind, if it cannot be done.
    journal.jsonl, beside this file, says what was begun, failed and done, one line for each.
    """
    _note(order, "begun")
    try:
        total = _invoice(order)
    except Exception as error:
        _note(order, "failed", error=f"{type(error).__name__}: {error}")
        raise
    _note(order, "done", total=total)
    return total


def _invoice(order: str) -> int:
    amounts = order.partition(":")[2]
    time.sleep(amounts.count("."))
    if "~" in amounts and _failures(order) < amounts.count("~"):
        raise ConnectionError("the tax office does not answer")
    total = 0
    for amount in amounts.strip(".~").split("+"):
        cents, _, people = amount.partition("/")
        total += int(cents) // int(people or 1)
    return total


def _failures(order: str) -> int:
    """How often this order has failed since it was last done."""
    failures = 0
    if JOURNAL.exists():
        for line in JOURNAL.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if entry["order"] == order and entry["event"] != "begun":
                failures = failures + 1 if entry["event"] == "failed" else 0
    return failures


def _note(order: str, event: str, **more: int | str) -> None:
    line = json.dumps({"order": order, "event": event, "pid": os.getpid(), **more})
    with JOURNAL.open("a", encoding="utf-8", newline="\n") as journal:
        journal.write(line + "\n")
