"""What a monitor knows: queue lengths, who works, how fast, what goes wrong. Over AMQP alone."""

import json
import secrets
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from task_processor.amqp.connect import Session
from task_processor.settings import Broker

FORGET_AFTER = 7.0  # seconds without a beat
SPAN = 10.0  # seconds over which rates are taken
MOST_WORKERS = 1000


@dataclass
class WorkerView:
    """What a worker said last, and what it had done at some moments before."""

    beat: dict[str, Any]
    heard: float
    moments: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=30))

    @property
    def rate(self) -> float:
        """Tasks per second over the last ten seconds."""
        if len(self.moments) < 2:
            return 0.0
        (first, before), (last, now) = self.moments[0], self.moments[-1]
        return (now - before) / (last - first) if last > first else 0.0


@dataclass
class View:
    """One look at the system."""

    queues: dict[str, int]
    consumers: int
    workers: dict[str, WorkerView]

    @property
    def rate(self) -> float:
        return sum(worker.rate for worker in self.workers.values())

    @property
    def busy(self) -> tuple[int, int]:
        """Processes that work, of how many."""
        beats = [worker.beat for worker in self.workers.values()]
        return sum(_int(one, "busy") for one in beats), sum(_int(one, "processes") for one in beats)

    @property
    def errors(self) -> Counter[str]:
        """Dead letters since the present workers began, by reason."""
        found: Counter[str] = Counter()
        for worker in self.workers.values():
            dead = worker.beat.get("dead")
            for reason, count in dead.items() if isinstance(dead, dict) else ():
                found[str(reason)[:50]] += count if isinstance(count, int) else 0
        return found


def _int(content: dict[str, Any], name: str) -> int:
    value = content.get(name)
    return value if isinstance(value, int) else 0


class Gatherer:
    """Listens to the workers' beats in a queue of its own, and looks at the others' lengths."""

    def __init__(self, on: Session, broker: Broker) -> None:
        self.on, self.broker = on, broker
        self.workers: dict[str, WorkerView] = {}
        queue = on.names.monitor(secrets.token_hex(6))
        on.channel.queue_declare(queue, exclusive=True, arguments={"x-max-length": 10_000})
        on.channel.queue_bind(queue, on.names.workers)
        on.channel.basic_consume(queue, self._on_beat, auto_ack=True)

    def _on_beat(self, _channel: Any, _method: Any, _properties: Any, body: bytes) -> None:
        try:
            beat = json.loads(body)
            name = str(beat["worker"])[:60]
        except (ValueError, TypeError, KeyError):
            return
        if name not in self.workers and len(self.workers) >= MOST_WORKERS:
            return
        now = time.monotonic()
        view = self.workers.setdefault(name, WorkerView(beat, now))
        view.beat, view.heard = beat, now
        view.moments.append((now, _int(beat, "done")))
        while len(view.moments) > 2 and now - view.moments[0][0] > SPAN:
            view.moments.popleft()

    def look(self, seconds: float) -> View:
        """Listen for some seconds, then look."""
        self.on.connection.process_data_events(time_limit=seconds)
        now = time.monotonic()
        for name in [name for name, one in self.workers.items() if now - one.heard > FORGET_AFTER]:
            del self.workers[name]
        names = self.on.names
        tasks, consumers = self.on.count(names.tasks)
        waiting = sum(self.on.count(names.retry(delay))[0] for delay in set(self.broker.delays))
        queues = {"tasks": tasks, "again": waiting, "dead": self.on.count(names.dead)[0]}
        return View(queues, consumers, self.workers)
