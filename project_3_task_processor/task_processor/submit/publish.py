"""Sending a job's tasks: thousands on their way at a time, each confirmed, none twice."""

import asyncio
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pika
import pika.exceptions

from task_processor import codec
from task_processor.amqp.connect import why
from task_processor.amqp.link import Link
from task_processor.amqp.names import Names
from task_processor.amqp.publisher import Publisher
from task_processor.codec import Task
from task_processor.jobs import events
from task_processor.jobs.events import Progress
from task_processor.settings import Broker
from task_processor.worker.reporter import as_ranges

WINDOW = 2000  # unconfirmed messages; more would only be memory
PIECE = 50  # messages published in one turn of the loop
TELL_AFTER = 1000  # confirmed tasks that one event reports
ATTEMPTS = 6
MOST_UNSENT = 1_000_000  # bytes

Tasks = Callable[[list[int]], Iterator[Task]]


@dataclass
class Sending:
    """How far it has come. `left` holds what is not confirmed, in ascending order."""

    left: dict[int, None]
    accepted: int = 0
    interrupted: bool = False
    problem: str = ""
    untold: list[int] = field(default_factory=list)


@dataclass
class Sender:
    """Publishes the tasks with these numbers, over as many connections as it takes.

    `again` says that the job was cancelled before, and some had been dropped.
    """

    broker: Broker
    job: str
    tasks: Tasks
    numbers: list[int]
    priority: int
    again: bool = False

    def __post_init__(self) -> None:
        self.names = Names(self.broker.prefix)
        self.sending = Sending(dict.fromkeys(self.numbers))
        self._moved = asyncio.Event()
        self._failed = ""

    def send(self) -> Sending:
        """Send until all is confirmed, Ctrl-C, or the broker stays away; never raises for these."""
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            return runner.run(self._run())

    async def _run(self) -> Sending:
        loop = asyncio.get_running_loop()
        known = {
            name: signal.signal(name, lambda *_: loop.call_soon_threadsafe(self._interrupt))
            for name in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            return await self._send_all()
        finally:
            for name, handler in known.items():
                signal.signal(name, handler)

    async def _send_all(self) -> Sending:
        failures = 0
        while self.sending.left and not self.sending.interrupted:
            before = self.sending.accepted
            try:
                await self._connection()
            except (pika.exceptions.AMQPError, OSError, TimeoutError) as error:
                self.sending.problem = self._failed or why(error, self.broker.url)
                failures = 1 if self.sending.accepted > before else failures + 1
                if failures >= ATTEMPTS:
                    break
                say(f"{self.sending.problem}; trying again")
                await asyncio.sleep(0.2 * 2**failures * random.uniform(0.5, 1))  # noqa: S311
            else:
                self.sending.problem = ""
        return self.sending

    def _interrupt(self) -> None:
        self.sending.interrupted = True
        self._moved.set()

    def _on_lost(self, error: BaseException) -> None:
        self._failed = self._failed or str(error) or type(error).__name__
        self._moved.set()

    async def _connection(self) -> None:
        self._failed = ""
        blocked = "the broker takes no messages now ({}); waiting"
        link = await Link.connect(
            self.broker.url,
            "submit",
            self._on_lost,
            lambda reason: say(blocked.format(reason) if reason else "the broker goes on"),
        )
        publisher = Publisher(link)
        try:
            await publisher.begin()
            await self._publish(link, publisher)
            await self._until(lambda: not publisher.pending, 5 if self.sending.interrupted else 0)
            self._tell(publisher)
            await self._until(lambda: not publisher.pending, 5)
        finally:
            await link.close()

    async def _publish(self, link: Link, publisher: Publisher) -> None:
        numbers = list(self.sending.left)
        for sent, task in enumerate(self.tasks(numbers), 1):
            self._send(publisher, task)
            if sent % PIECE == 0:
                await asyncio.sleep(0)
                await self._until(
                    lambda: (
                        len(publisher.pending) < WINDOW
                        and link.connection.unsent_bytes < MOST_UNSENT
                    )
                )
                if len(self.sending.untold) >= TELL_AFTER:
                    self._tell(publisher)
            if self.sending.interrupted:
                return

    async def _until(self, true: Callable[[], bool], seconds: float = 0) -> None:
        """Wait; an interruption ends it unless it has a limit. Raises if the connection is lost."""
        deadline = time.monotonic() + seconds
        while not true():
            if self._failed:
                raise ConnectionError(self._failed)
            if time.monotonic() > deadline if seconds else self.sending.interrupted:
                return
            self._moved.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await self._moved.wait()
        if self._failed:
            raise ConnectionError(self._failed)

    def _send(self, publisher: Publisher, task: Task) -> None:
        def on_fate(problem: str) -> None:
            if problem:
                self._failed = self._failed or f"a task was not taken: {problem}"
            elif task.number in self.sending.left:
                del self.sending.left[task.number]
                self.sending.accepted += 1
                self.sending.untold.append(task.number)
            self._moved.set()

        properties = pika.BasicProperties(
            content_type=codec.CONTENT_TYPE,
            message_id=task.key,
            correlation_id=task.job,
            priority=self.priority,
            type=codec.TYPE,
        )
        publisher.publish(
            self.names.exchange, self.names.tasks, codec.encode(task), properties, on_fate
        )

    def _tell(self, publisher: Publisher) -> None:
        """Append to the progress what was accepted, for whoever goes on."""
        untold, self.sending.untold = self.sending.untold, []
        if not untold:
            return

        def on_fate(problem: str) -> None:
            self._failed = self._failed or problem
            self._moved.set()

        told = Progress(retried=untold) if self.again else Progress(accepted=untold)
        fields = as_ranges(told)
        body = events.event("progress", job=self.job, at=round(time.time(), 3), **fields)
        properties = events.properties(self.job, f"{self.job}-accepted-{untold[-1]}")
        publisher.publish(self.names.exchange, self.names.progress, body, properties, on_fate)


def say(text: str) -> None:
    print(f"submit: {text}", file=sys.stderr, flush=True)
