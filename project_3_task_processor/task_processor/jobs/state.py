"""What is known of a job: the events folded into one state for each task.

Events come at least once, and each task's last state counts, so events that are repeated change
nothing. A task is done when its output is in place, and nothing undoes that.
"""

from collections import Counter
from typing import Any

from task_processor import numbers
from task_processor.jobs.events import Job

UNKNOWN, ACCEPTED, WAITING, DEAD, DISCARDED, DROPPED, DONE = range(7)
NAMES = ("not accepted", "waiting", "to be tried again", "dead", "discarded", "dropped", "done")


class JobState:
    """One byte for each task."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.cancelled_at: float | None = None
        self.states = bytearray(job.total + 1)
        self.reasons: dict[int, str] = {}
        self.first_at: float | None = None
        self.last_at: float | None = None
        self.workers: Counter[str] = Counter()

    def apply(self, content: dict[str, Any]) -> None:
        """Fold in an event of `progress`. Parts that make no sense are skipped."""
        if content.get("event") != "progress" or content.get("job") != self.job.id:
            return
        self._mark(content.get("accepted"), ACCEPTED, only_from=(UNKNOWN,))
        over = (UNKNOWN, DEAD, DISCARDED, DROPPED)
        self._mark(content.get("retried"), ACCEPTED, only_from=over)
        for reason, text in _items(content.get("again")):
            self._mark(text, WAITING, reason, only_from=(UNKNOWN, ACCEPTED, WAITING))
        for reason, text in _items(content.get("dead")):
            self._mark(text, DEAD, reason)
        self._mark(content.get("discarded"), DISCARDED)
        self._mark(content.get("dropped"), DROPPED)
        done = self._mark(content.get("done"), DONE)
        at = content.get("at")
        if isinstance(at, int | float) and (done or content.get("dead")):
            self.first_at = at if self.first_at is None else min(self.first_at, at)
            self.last_at = at if self.last_at is None else max(self.last_at, at)
        worker = content.get("worker")
        if done and isinstance(worker, str):
            self.workers[worker] += done

    def _mark(
        self, text: Any, state: int, reason: str = "", only_from: tuple[int, ...] | None = None
    ) -> int:
        """How many tasks came into that state."""
        if not isinstance(text, str):
            return 0
        marked = 0
        try:
            for part in numbers.ranges(text, self.job.total):
                if not any(self.states[part.start : part.stop]):
                    self.states[part.start : part.stop] = bytes([state]) * len(part)
                    marked += len(part)
                    if reason:
                        self.reasons.update(dict.fromkeys(part, reason))
                    continue
                for number in part:
                    now = self.states[number]
                    if now in (DONE, state) or (only_from is not None and now not in only_from):
                        if now == state and reason:
                            self.reasons[number] = reason
                        continue
                    self.states[number] = state
                    marked += 1
                    if reason:
                        self.reasons[number] = reason
                    elif self.reasons:
                        self.reasons.pop(number, None)
        except ValueError:
            pass
        return marked

    def counts(self) -> dict[str, int]:
        """How many tasks are in which state; every state is named."""
        found = [self.states.count(state) for state in range(len(NAMES))]
        found[UNKNOWN] -= 1  # there is no task 0
        return dict(zip(NAMES, found, strict=True))

    def to_send(self) -> list[int]:
        """Numbers of the tasks that the broker has not, as far as is known: not accepted yet, or
        dropped because the job was cancelled for a while."""
        return [
            number
            for number in range(1, self.job.total + 1)
            if self.states[number] in (UNKNOWN, DROPPED)
        ]

    def is_dead(self, number: int) -> bool:
        return self.states[number] == DEAD

    def by_reason(self, *states: int) -> Counter[str]:
        """How many tasks of these states have which reason."""
        return Counter(
            reason for number, reason in self.reasons.items() if self.states[number] in states
        )

    @property
    def finished(self) -> bool:
        """Whether no task of it will move by itself any more."""
        still = (ACCEPTED, WAITING) if self.cancelled_at is None else ()
        return not any(self.states.count(state) for state in still) and not self.missing_count

    @property
    def missing_count(self) -> int:
        return self.states.count(UNKNOWN) - 1


def _items(value: Any) -> list[tuple[str, Any]]:
    return [(str(key), text) for key, text in value.items()] if isinstance(value, dict) else []
