"""What a worker has done since it started."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Counts:
    """Plain numbers; beats and metrics are made from them."""

    worker: str
    delivered: int = 0
    redelivered: int = 0
    done: int = 0
    skipped: int = 0
    retried: int = 0
    reconnects: int = 0
    dead: Counter[str] = field(default_factory=Counter)

    def finished(self, skipped: bool) -> None:
        self.done += 1
        self.skipped += skipped

    def failed(self, reason: str) -> None:
        self.dead[reason] += 1
