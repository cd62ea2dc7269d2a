"""The worker's main process: connects, reconnects, and ends in an orderly way."""

import asyncio
import os
import random
import signal
import socket
import sys
import time
from contextlib import suppress

import pika.exceptions

from task_processor.amqp import connect
from task_processor.amqp.link import Link
from task_processor.amqp.names import Names
from task_processor.jobs import events
from task_processor.policy import Failure
from task_processor.settings import Broker, BrokerError, WorkerSettings
from task_processor.worker.counts import Counts
from task_processor.worker.delivery import Delivery
from task_processor.worker.pool import Pool, PoolFailed, Report
from task_processor.worker.session import Session

TICK_SECONDS = 0.1
BEAT_SECONDS = 2.0
LONGEST_WAIT = 15.0


class Worker:
    """Runs until it is told to stop. What it says goes to the standard error, a line each."""

    def __init__(self, broker: Broker, settings: WorkerSettings) -> None:
        self.broker, self.settings = broker, settings
        self.name = settings.name or f"{socket.gethostname()}-{os.getpid()}"
        self.counts = Counts(self.name)
        self.session: Session | None = None
        self.signals = 0
        self.failures = 0
        self._woken = asyncio.Event()
        self._lost = ""
        self.pool = Pool(settings, self._on_report, self._on_failure, self.say)

    def say(self, text: str) -> None:
        print(f"worker {self.name}: {text}", file=sys.stderr, flush=True)

    def _on_report(self, delivery: Delivery, report: Report) -> None:
        if self.session is not None:
            self.session.report(delivery, report)

    def _on_failure(self, delivery: Delivery, failure: Failure) -> None:
        if self.session is not None:
            self.session.failed(delivery, failure)

    async def run(self) -> int:
        """The exit code: 0 after an orderly end, 143 after two signals, 3 if it cannot work."""
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(
                    getattr(signal, name),
                    lambda *_: loop.call_soon_threadsafe(self._on_signal),
                )
        ticking = loop.create_task(self._tick())
        self.pool.failed.add_done_callback(lambda _: self._woken.set())
        first = True
        try:
            while not self.signals:
                if self.pool.failed.done():
                    self.pool.failed.result()
                await self._connection(first)
                first = False
            return await self._end()
        except (PoolFailed, BrokerError) as error:
            self.say(str(error))
            return 3
        finally:
            ticking.cancel()
            self.pool.kill()
            while self.pool.children:
                await asyncio.sleep(0.01)

    def _on_signal(self) -> None:
        self.signals += 1
        if self.signals > 1:
            self.say("leaving at once; the broker gives our tasks to others")
            self.pool.kill()
            if self.session is not None:
                self.session.link.open = False
        self._woken.set()

    async def _connection(self, first: bool) -> None:
        """One connection, from its beginning until it is lost or we are told to stop.

        Raises BrokerError at the first start if there is no broker that will do.
        """
        self._woken.clear()
        self._lost = ""
        try:
            names = await asyncio.to_thread(self._prepare, first)
            link = await Link.connect(self.broker.url, "worker", self._on_lost, self._on_blocked)
            session = Session(
                link, self.pool, names, self.broker.delays, self.counts, self._on_trouble
            )
            self.session = session
            await session.begin()
        except (BrokerError, pika.exceptions.AMQPError, OSError, TimeoutError) as error:
            if first and isinstance(error, BrokerError):
                raise
            await self._lose(str(error) or type(error).__name__)
            return
        if first:
            self.say(f"ready: {self.settings.processes} processes, prefetch {self.settings.window}")
        else:
            self.say("connected again")
        self.failures = 0
        await self._woken.wait()
        if not self.signals:
            await self._lose(self._lost)

    def _prepare(self, first: bool) -> Names:
        with connect.session(self.broker, "worker's first step") as session:
            if first:
                for note in session.features.notes():
                    self.say(note)
            return session.names

    def _on_lost(self, error: BaseException) -> None:
        self._on_trouble(f"the connection was lost: {error}")

    def _on_trouble(self, text: str) -> None:
        self._lost = self._lost or text
        self._woken.set()

    def _on_blocked(self, reason: str) -> None:
        self.say(f"the broker takes no messages now ({reason}); waiting" if reason else "unblocked")

    async def _lose(self, why: str) -> None:
        """Forget what the broker delivers again, and wait before the next attempt to connect."""
        session, self.session = self.session, None
        if session is not None:
            with suppress(pika.exceptions.AMQPError, OSError):
                await session.link.close()
        self.pool.forget_tags()
        self.failures += 1
        self.counts.reconnects += 1
        wait = min(LONGEST_WAIT, 0.25 * 2.0**self.failures) * random.uniform(0.5, 1.0)  # noqa: S311
        self.say(f"{why}. Next attempt in {wait:.1f} s")
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline and not self.signals:
            await asyncio.sleep(0.05)

    async def _end(self) -> int:
        session = self.session
        held = len(self.pool.waiting) + sum(len(child.held) for child in self.pool.children)
        self.say(f"stopping: up to {self.settings.drain_seconds:g} s for the tasks at hand")
        if session is None or not session.link.open:
            return 143 if self.signals > 1 else 0
        with suppress(pika.exceptions.AMQPError, OSError, TimeoutError):
            await session.stop_consuming()
        in_time = await self.pool.stop(self.settings.drain_seconds)
        if self.signals > 1 or not session.link.open:
            return 143 if self.signals > 1 else 0
        await session.settled(10)
        left = self.pool.drop_waiting()
        session.give_back(left)
        await session.link.close()
        self.session = None
        finished = held - len(left)
        slow = "" if in_time else "; some took longer than the limit and were stopped"
        self.say(f"stopped: {finished} tasks finished, {len(left)} returned{slow}")
        return 0

    async def _tick(self) -> None:
        beat = 0.0
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.pool.kill_overdue()
            if self.session is not None:
                with suppress(pika.exceptions.AMQPError):
                    self.session.tick()
                    if time.monotonic() >= beat:
                        beat = time.monotonic() + BEAT_SECONDS
                        self.session.beat(self._state())

    def _state(self) -> bytes:
        counts = self.counts
        return events.event(
            "beat",
            worker=self.name,
            at=time.time(),
            processes=len(self.pool.children),
            busy=self.pool.busy,
            held=len(self.pool.waiting) + sum(len(child.held) for child in self.pool.children),
            done=counts.done,
            retried=counts.retried,
            dead=dict(counts.dead),
        )


def run(broker: Broker, settings: WorkerSettings) -> int:
    """Run a worker until it is told to stop; its exit code."""
    # Windows' own loop cannot watch sockets as pika needs it.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(_run(broker, settings))


async def _run(broker: Broker, settings: WorkerSettings) -> int:
    worker = Worker(broker, settings)
    if settings.metrics_port:
        from task_processor.monitor.metrics import WorkerMetrics

        WorkerMetrics(worker.counts, settings.metrics_host, settings.metrics_port)
    return await worker.run()
