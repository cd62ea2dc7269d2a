"""Following a job until nothing of it moves any more."""

import sys
import time
from collections import deque

from task_processor.amqp import streams
from task_processor.amqp.connect import session
from task_processor.jobs import read
from task_processor.jobs.state import JobState
from task_processor.settings import Broker, BrokerError

BAR = 24
RECONNECTS = 10


def wait(broker: Broker, job: str, live: bool) -> JobState:
    """Show progress, rate and time left until the job is finished. Reconnects if need be.

    `live`: one line that changes, for a terminal; otherwise a line every five seconds.
    """
    for attempt in range(RECONNECTS):
        try:
            return _follow(broker, job, live)
        except BrokerError:
            if attempt == RECONNECTS - 1:
                raise
            time.sleep(min(5.0, 0.5 * 2**attempt))
    raise AssertionError("unreachable")


def _follow(broker: Broker, job: str, live: bool) -> JobState:
    with session(broker, "wait") as on:
        state = read.all_jobs(on)[job]
        shown = 0.0
        moments: deque[tuple[float, int]] = deque(maxlen=50)
        moments.append((time.monotonic(), -1))
        start = state.job.progress_from
        for entry in streams.follow(on, on.names.progress, start, job, every=0.2):
            if entry is not None:
                state.apply(entry[1])
            now = time.monotonic()
            finished = state.finished
            if now - shown >= (0.2 if live else 5.0) or finished:
                shown = now
                _show(state, moments, live, finished)
            if finished:
                return state
    raise AssertionError("unreachable")


def _show(state: JobState, moments: deque[tuple[float, int]], live: bool, finished: bool) -> None:
    now, counts = time.monotonic(), state.counts()
    done, total = counts["done"], state.job.total
    if moments[-1][1] < 0:
        moments.clear()
    moments.append((now, done))
    seconds = now - moments[0][0]
    rate = (done - moments[0][1]) / seconds if seconds > 0.3 else 0.0
    left = total - done - counts["dead"] - counts["discarded"] - counts["dropped"]
    eta = f"{left / rate:.0f} s left" if rate and left else ""
    text = f"{done} of {total} done, {counts['dead']} dead, {rate:.0f}/s {eta}".rstrip()
    if live:
        bar = "#" * (BAR * done // total)
        print(f"\r[{bar:<{BAR}}] {text:<48}", end="\n" if finished else "", file=sys.stderr)
    else:
        print(text, file=sys.stderr)
    sys.stderr.flush()
