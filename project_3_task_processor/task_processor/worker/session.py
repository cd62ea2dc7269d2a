"""What a worker does on one connection: takes deliveries, reports outcomes, acknowledges."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pika
from pika import spec
from pika.channel import Channel

from task_processor import codec
from task_processor.amqp.link import Link
from task_processor.amqp.names import Names
from task_processor.amqp.publisher import Publisher
from task_processor.errors import TaskError
from task_processor.policy import Failure, Retry, decide
from task_processor.worker.acks import AckWindow
from task_processor.worker.cancels import Cancels
from task_processor.worker.counts import Counts
from task_processor.worker.delivery import Delivery
from task_processor.worker.pool import Pool, Report
from task_processor.worker.reporter import Reporter

FLUSH_SECONDS = 0.05
CRASHED = Failure(
    "process-died", "whole workers ended again and again while they had this task", False
)


class Session:
    """Lives as long as its connection. What was unfinished then, the broker delivers again."""

    def __init__(
        self,
        link: Link,
        pool: Pool,
        names: Names,
        delays: tuple[int, ...],
        counts: Counts,
        fail: Callable[[str], None],
    ) -> None:
        self.link, self.pool, self.names, self.delays = link, pool, names, delays
        self.counts = counts
        self.cancels = Cancels(link, names)
        self.acks = AckWindow()
        self.consumer_tags: list[str] = []
        self.publisher = Publisher(link)
        self.reporter = Reporter(self.publisher, names, counts.worker, self._settle, fail)
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._fail = fail
        self._flush_at = max(1, pool.settings.window // 4)

    async def begin(self) -> None:
        """Start to take deliveries, after the cancelled jobs are known."""
        channel = self.link.channel
        await self.publisher.begin()
        await self.cancels.begin(self._fail)
        channel.add_on_cancel_callback(lambda _: self._fail("the broker cancelled our consumer"))
        for queue, prefetch, on_message in (
            (self.names.tasks, self.pool.settings.window, self._on_task),
            (self.names.crashed, 10, self._on_crashed),
        ):
            await self.link.call(channel.basic_qos, prefetch_count=prefetch)
            self.consumer_tags.append(channel.basic_consume(queue, on_message))

    def _on_task(
        self,
        _: Channel,
        method: spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        tag = method.delivery_tag
        self.acks.delivered(tag)
        self.counts.delivered += 1
        if method.redelivered:
            self.counts.redelivered += 1
        key = properties.message_id
        running = self.pool.running.get(key) if key is not None else None
        if running is not None and running.body == body:
            running.tags.append(tag)  # a process has it already: its outcome counts for both
            return
        delivery = Delivery(key, body, attempt_of(properties), properties, [tag])
        if properties.correlation_id in self.cancels.jobs:
            self._drop(delivery)
        elif len(body) > codec.MAX_BYTES:
            self._fail_task(delivery, None, 0, _too_long(len(body)))
        else:
            self.pool.add(delivery)

    def _on_crashed(
        self,
        _: Channel,
        method: spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        """Out of the tasks, for crashing whole workers: handed on without a look inside."""
        self.acks.delivered(method.delivery_tag)
        attempt = attempt_of(properties)
        delivery = Delivery(properties.message_id, body, attempt, properties, [method.delivery_tag])
        job, _slash, number = (properties.message_id or "").partition("/")
        known = codec.is_job(job) and number.isdecimal()
        self._fail_task(delivery, job if known else None, int(number) if known else 0, CRASHED)

    def report(self, delivery: Delivery, report: Report) -> None:
        """What a process said of a task."""
        kind, _serial, job, number, *rest = report
        if kind == "done":
            self.counts.finished(skipped=bool(rest[0][5]))
            if delivery.tags:
                self.reporter.done(delivery, job, number, rest[0])
                self._flush_soon()
        else:
            self._fail_task(delivery, job, number, Failure(*rest))

    def failed(self, delivery: Delivery, failure: Failure) -> None:
        """A process died of a task, or was killed."""
        try:
            task = codec.decode(delivery.body)
        except TaskError:
            self._fail_task(delivery, None, 0, failure)
        else:
            self._fail_task(delivery, task.job, task.number, failure)

    def _fail_task(
        self, delivery: Delivery, job: str | None, number: int, failure: Failure
    ) -> None:
        if not delivery.tags:
            return  # from before the connection was lost: the broker delivers it again
        decision = decide(failure, delivery.attempt, self.delays)
        if isinstance(decision, Retry) and job is not None:
            self.counts.retried += 1
            self.reporter.retry(delivery, job, number, failure, decision)
        else:
            self.counts.failed(failure.reason)
            self.reporter.dead(delivery, job, number, failure)
        self._flush_soon()

    def _drop(self, delivery: Delivery) -> None:
        with suppress(TaskError):
            task = codec.decode(delivery.body)
            self.reporter.dropped(delivery, task.job, task.number)
            self._flush_soon()
            return
        self.pool.add(delivery)

    def _flush_soon(self) -> None:
        if self.reporter.pending >= self._flush_at:
            self.flush()
        elif self._timer is None:
            idle = not self.pool.waiting and not self.pool.busy
            self._timer = self._loop.call_later(0 if idle else FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Publish all outcomes so far."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.link.open:
            self.reporter.flush()

    def _settle(self, tags: list[int]) -> None:
        if self.link.open:
            tag = self.acks.settle(tags)
            if tag is not None:
                self.link.channel.basic_ack(tag, multiple=True)

    def tick(self) -> None:
        """Call this several times a second."""
        if self.link.open:
            for tag in self.acks.stragglers():
                self.link.channel.basic_ack(tag)

    def beat(self, body: bytes) -> None:
        """Tell the monitors how this worker is; nobody waits for it."""
        channel = self.cancels.channel
        if channel is not None and channel.is_open and not self.link.blocked:
            properties = pika.BasicProperties(content_type="application/json", expiration="10000")
            channel.basic_publish(self.names.workers, "", body, properties)

    async def stop_consuming(self) -> None:
        """No new deliveries after this."""
        for consumer_tag in self.consumer_tags:
            await self.link.call(self.link.channel.basic_cancel, consumer_tag=consumer_tag)

    def give_back(self, deliveries: list[Delivery]) -> None:
        """Return deliveries that nobody began; on 4.3 a nack doesn't count as an attempt."""
        for delivery in deliveries:
            for tag in delivery.tags:
                self.link.channel.basic_nack(tag, requeue=True)

    async def settled(self, seconds: float) -> bool:
        """Wait until everything reported is confirmed and acknowledged."""
        deadline = time.monotonic() + seconds
        self.flush()
        while self.link.open and self.reporter.unconfirmed and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        for _again in range(2):
            self.tick()
        return not self.reporter.unconfirmed


def attempt_of(properties: pika.BasicProperties) -> int:
    """Which attempt this is. Our own header, because brokers from 4.0 ignore a client's x-death."""
    value: Any = (properties.headers or {}).get("x-attempt", 1)
    return value if isinstance(value, int) and 1 <= value <= 1000 else 1


def _too_long(length: int) -> Failure:
    return Failure(
        "malformed-message", f"the message has {length} bytes, too many for a task", False
    )
