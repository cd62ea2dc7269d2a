"""From outcomes to messages: events, retries and dead letters, in batches, before their acks.

A delivery is acknowledged only when the broker has confirmed everything that follows from it. So
whatever is lost between, the task comes again, and nothing that was acknowledged is forgotten.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pika

from task_processor import numbers
from task_processor.amqp.names import Names
from task_processor.amqp.publisher import Publisher
from task_processor.jobs import events
from task_processor.jobs.events import Progress
from task_processor.policy import Failure, Retry
from task_processor.worker.delivery import Delivery


@dataclass
class Unit:
    """Deliveries, and how many of the messages that must come before their acks are unconfirmed."""

    tags: list[int]
    unconfirmed: int = 0


@dataclass
class JobReport:
    """What is to be said of one job."""

    progress: Progress = field(default_factory=Progress)
    done: list[list[Any]] = field(default_factory=list)
    failed: list[list[Any]] = field(default_factory=list)


class Reporter:
    """Gathers outcomes; `flush` publishes them."""

    def __init__(
        self,
        publisher: Publisher,
        names: Names,
        worker: str,
        settle: Callable[[list[int]], None],
        fail: Callable[[str], None],
    ) -> None:
        self._publisher, self._names, self._worker = publisher, names, worker
        self._settle, self._fail = settle, fail
        self._reports: dict[str, JobReport] = {}
        self._messages: list[tuple[str, bytes, pika.BasicProperties]] = []
        self._tags: list[int] = []
        self.pending = 0  # outcomes since the last flush
        self.unconfirmed = 0  # units on their way

    def _report(self, delivery: Delivery, job: str) -> JobReport:
        self.pending += 1
        self._tags += delivery.tags
        return self._reports.setdefault(job, JobReport())

    def done(self, delivery: Delivery, job: str, number: int, output: list[Any]) -> None:
        """The output is in place."""
        report = self._report(delivery, job)
        report.progress.done.append(number)
        report.done.append([number, *output])

    def dropped(self, delivery: Delivery, job: str, number: int) -> None:
        """The job was cancelled."""
        self._report(delivery, job).progress.dropped.append(number)

    def retry(
        self, delivery: Delivery, job: str, number: int, failure: Failure, retry: Retry
    ) -> None:
        """It goes to the queue where it waits, with the number of its next attempt."""
        report = self._report(delivery, job)
        report.progress.again.setdefault(failure.reason, []).append(number)
        headers = {"x-attempt": retry.attempt, "x-reason": failure.reason}
        self._messages.append(
            (self._names.retry(retry.delay), delivery.body, _copy(delivery.properties, headers))
        )

    def dead(self, delivery: Delivery, job: str | None, number: int, failure: Failure) -> None:
        """It goes to the dead letters, with what a person needs to know."""
        headers = {
            "x-reason": failure.reason,
            "x-message": failure.message[:1000],
            "x-attempt": delivery.attempt,
            "x-worker": self._worker,
            "x-died-at": int(time.time()),
        }
        self._messages.append(
            (self._names.dead, delivery.body, _copy(delivery.properties, headers))
        )
        if job is None:
            self.pending += 1
            self._tags += delivery.tags
            return
        report = self._report(delivery, job)
        report.progress.dead.setdefault(failure.reason, []).append(number)
        report.failed.append([number, failure.reason, failure.message[:1000], delivery.attempt])

    def flush(self) -> None:
        """Publish what was gathered; when all of it is confirmed, settle the deliveries."""
        if not self.pending:
            return
        unit = Unit(self._tags)
        self.unconfirmed += 1
        for job, report in self._reports.items():
            common = {"job": job, "worker": self._worker, "at": round(time.time(), 3)}
            if report.done or report.failed:
                results = events.event("results", **common, done=report.done, failed=report.failed)
                self._send(unit, self._names.results, results, events.properties(job, job))
            body = events.event("progress", **common, **as_ranges(report.progress))
            self._send(unit, self._names.progress, body, events.properties(job, job))
        for queue, body, properties in self._messages:
            self._send(unit, queue, body, properties)
        self._reports, self._messages, self._tags, self.pending = {}, [], [], 0

    def _send(self, unit: Unit, key: str, body: bytes, properties: pika.BasicProperties) -> None:
        def on_fate(problem: str) -> None:
            if problem:
                self._fail(f"the broker did not take a message for {key}: {problem}")
                return
            unit.unconfirmed -= 1
            if unit.unconfirmed == 0:
                self.unconfirmed -= 1
                self._settle(unit.tags)

        unit.unconfirmed += 1
        self._publisher.publish(self._names.exchange, key, body, properties, on_fate)


def as_ranges(progress: Progress) -> dict[str, Any]:
    """The fields that are not empty, their numbers as ranges."""
    fields: dict[str, Any] = {}
    for name, value in vars(progress).items():
        if isinstance(value, dict):
            value = {reason: numbers.compact(tasks) for reason, tasks in value.items()}
        elif value:
            value = numbers.compact(value)
        if value:
            fields[name] = value
    return fields


def _copy(properties: pika.BasicProperties, headers: dict[str, Any]) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type=properties.content_type,
        message_id=properties.message_id,
        correlation_id=properties.correlation_id,
        priority=properties.priority,
        type=properties.type,
        headers=headers,
    )
