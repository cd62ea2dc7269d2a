"""`dead list`: the tasks that were given up, each with its reason. They stay where they are."""

from typing import Any


def letters() -> list[dict[str, Any]]:
    """What `dead list --json` prints."""
    # TODO 3: job, reason, message, attempts and source of each.
    return []
