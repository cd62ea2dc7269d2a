"""What a program is told by its options and its environment."""

from dataclasses import dataclass, field

DEFAULT_URL = "amqp://guest:guest@localhost:5672/%2F"
DEFAULT_DELAYS = (1, 5, 30, 120, 600)


class UsageError(Exception):
    """A wrong option or argument; the message says what to write instead. Exit code 2."""


class NotYet(Exception):
    """The answer is no: not found, not finished, not confirmed. Exit code 1."""


class BrokerError(Exception):
    """The broker cannot be asked; the message says why, and what to do. Exit code 3."""


@dataclass(frozen=True)
class Broker:
    """Where the broker is, how our things on it are named, and the seconds between attempts."""

    url: str = DEFAULT_URL
    prefix: str = "images"
    delays: tuple[int, ...] = DEFAULT_DELAYS


@dataclass(frozen=True)
class WorkerSettings:
    """How one worker works. `prefetch` 0 means: chosen by the number of processes."""

    processes: int
    prefetch: int = 0
    task_timeout: float = 300.0
    drain_seconds: float = 30.0
    read_roots: tuple[str, ...] = ()
    write_roots: tuple[str, ...] = ()
    limits: dict[str, int] = field(default_factory=dict)
    handler: str = "task_processor.worker.images:handler"
    name: str = ""
    metrics_port: int = 0
    metrics_host: str = "127.0.0.1"

    @property
    def window(self) -> int:
        """How many deliveries may be unacknowledged at a time."""
        return self.prefetch or 16 * self.processes


def parse_delays(text: str) -> tuple[int, ...]:
    """`1,5,30` to seconds. Raises UsageError."""
    try:
        delays = tuple(int(part) for part in text.split(","))
    except ValueError:
        delays = ()
    if not delays or min(delays) < 1 or max(delays) > 86_400 or len(delays) > 20:
        raise UsageError(f"{text!r} are no delays. Write seconds, such as 1,5,30")
    return delays
