"""Acknowledging many deliveries with few frames, without holding back any for long."""


class AckWindow:
    """The delivery tags of one channel: expected in order, settled in any order.

    The settled ones at the beginning need a single frame with `multiple`. A settled one behind a
    task that takes longer waits for one more `stragglers()`, then it gets a frame of its own.
    """

    def __init__(self) -> None:
        self._next = 1  # the lowest tag that is not acknowledged
        self._newest = 0
        self._settled: set[int] = set()
        self._single: set[int] = set()  # acknowledged on their own, above _next
        self._waited: set[int] = set()  # settled before the last look for stragglers

    @property
    def outstanding(self) -> int:
        """How many deliveries the broker still counts as unacknowledged."""
        return self._newest - self._next + 1 - len(self._single)

    def delivered(self, tag: int) -> None:
        """A tag came. The broker numbers a channel's deliveries 1, 2, 3, ..."""
        self._newest = tag

    def settle(self, tags: list[int]) -> int | None:
        """These are finished. The tag to acknowledge with `multiple`, if that is due."""
        self._settled.update(tags)
        return self._advance()

    def _advance(self) -> int | None:
        due = None
        while True:
            if self._next in self._settled:
                due = self._next
                self._settled.remove(self._next)
            elif self._next in self._single:
                self._single.remove(self._next)
            else:
                return due
            self._next += 1

    def stragglers(self) -> list[int]:
        """Tags to acknowledge one by one: settled already when this was last called."""
        due = sorted(self._settled & self._waited)
        self._settled.difference_update(due)
        self._single.update(due)
        self._waited = set(self._settled)
        return due
