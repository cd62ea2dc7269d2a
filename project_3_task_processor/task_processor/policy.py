"""What happens to a task that failed: a pure function of the error and the attempt."""

from dataclasses import dataclass

FEW = {"process-died": 3, "timed-out": 2, "out-of-memory": 3}


@dataclass(frozen=True)
class Failure:
    """Why an attempt gave no output."""

    reason: str
    message: str
    transient: bool


@dataclass(frozen=True)
class Retry:
    """Try again after `delay` seconds, as attempt number `attempt`."""

    delay: int
    attempt: int


@dataclass(frozen=True)
class DeadLetter:
    """Give up. `reason` is the one a person must act on."""

    reason: str


def decide(failure: Failure, attempt: int, delays: tuple[int, ...]) -> Retry | DeadLetter:
    """What to do after attempt number `attempt` (the first is 1) failed.

    A permanent error is never tried again: the same input gives the same error. A transient one
    gets an attempt after each of the delays. Errors that cost a process or the whole time limit
    get fewer, because each attempt takes a place from healthy tasks.
    """
    if not failure.transient:
        return DeadLetter(failure.reason)
    most = min(len(delays) + 1, FEW.get(failure.reason, len(delays) + 1))
    if attempt >= most:
        return DeadLetter(failure.reason)
    return Retry(delays[attempt - 1], attempt + 1)
