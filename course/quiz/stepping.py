"""Takes a question's steps on a broker, and waits after each until the queues are at rest."""

import contextlib
import time
from typing import Any

import pika

from course.quiz.lab import Counts
from course.quiz.simulated import Model
from course.quiz.steps import Ack, Bind, Close, Consume, Declare, Expire, Nack, Publish, Step

SECONDS = 5.0  # how long the broker may differ from the model before we believe the broker
REST = 0.02  # seconds between two looks
LOOKS = 3  # equal ones in a row mean rest


class _Consumer:
    """A consumer on a connection of its own, and the tags of the deliveries that it holds."""

    def __init__(self, url: str, step: Consume) -> None:
        self.queue = step.queue
        self.held: list[int] = []
        self.connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel: Any = self.connection.channel()
        if step.prefetch:
            self.channel.basic_qos(prefetch_count=step.prefetch)
        self._keeps = not step.auto_ack
        self.channel.basic_consume(
            queue=step.queue, on_message_callback=self._delivered, auto_ack=step.auto_ack
        )

    def _delivered(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        if self._keeps:
            self.held.append(method.delivery_tag)

    def take(self, count: int) -> list[int]:
        taken, self.held = self.held[:count], self.held[count:]
        return taken


class Stepping:
    """Connections to the vhost of `url`, until `close()`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._consumers: dict[str, _Consumer] = {}
        self._declared: dict[str, Declare] = {}
        self._model = Model()  # says what to wait for; what counts is what the broker does
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self._channel: Any = self._connection.channel()
        self._channel.confirm_delivery()

    def take(self, step: Step) -> None:
        """Do one step, and wait until its effects have settled."""
        if isinstance(step, Declare):
            self._declare(step)
        elif isinstance(step, Bind):
            self._channel.exchange_declare(exchange=step.exchange, exchange_type=step.type)
            self._channel.queue_bind(exchange=step.exchange, queue=step.queue, routing_key=step.key)
        elif isinstance(step, Publish):
            for _ in range(step.count):
                self._channel.basic_publish(
                    exchange=step.exchange,
                    routing_key=step.key,
                    body=b"",
                    properties=pika.BasicProperties(delivery_mode=2),
                )
        elif isinstance(step, Consume):
            self._consumers[step.consumer] = _Consumer(self._url, step)
        elif isinstance(step, Expire):
            time.sleep((self._declared[step.queue].ttl_ms or 0) / 1000 + 0.1)
        elif isinstance(step, Close):
            self._consumers.pop(step.consumer).connection.close()
        else:
            self._answer(step)
        self._model.take(step)
        self._settle()

    def counts(self, queue: str) -> Counts:
        """What is in the queue. Takes its ready messages out, so it comes last."""
        ready, unacked = self._look(queue)
        returned = 0
        while True:
            method, _, _ = self._channel.basic_get(queue=queue, auto_ack=True)
            if method is None:
                return Counts(ready, unacked, returned)
            returned += method.redelivered

    def close(self) -> None:
        """Close every connection."""
        for connection in (*(c.connection for c in self._consumers.values()), self._connection):
            with contextlib.suppress(pika.exceptions.AMQPError):
                connection.close()

    def _declare(self, step: Declare) -> None:
        arguments: dict[str, object] = {"x-queue-type": step.kind}
        if step.max_length is not None:
            arguments["x-max-length"] = step.max_length
        if step.ttl_ms is not None:
            arguments["x-message-ttl"] = step.ttl_ms
        if step.dead_letter_to is not None:
            arguments["x-dead-letter-exchange"] = ""
            arguments["x-dead-letter-routing-key"] = step.dead_letter_to
        self._channel.queue_declare(queue=step.queue, durable=True, arguments=arguments)
        self._declared[step.queue] = step

    def _answer(self, step: Ack | Nack) -> None:
        consumer = self._consumers[step.consumer]
        for tag in consumer.take(step.count):
            if isinstance(step, Ack):
                consumer.channel.basic_ack(delivery_tag=tag)
            elif step.do == "nack":
                consumer.channel.basic_nack(delivery_tag=tag, requeue=step.requeue)
            else:
                consumer.channel.basic_reject(delivery_tag=tag, requeue=step.requeue)

    def _settle(self) -> None:
        deadline = time.monotonic() + SECONDS
        quiet = 0
        before: dict[str, tuple[int, int]] = {}
        while quiet < LOOKS and time.monotonic() < deadline:
            for consumer in self._consumers.values():
                consumer.connection.process_data_events(time_limit=REST / 4)
            now = {queue: self._look(queue) for queue in self._declared}
            quiet = quiet + 1 if now == before and self._as_expected(now) else 0
            before = now
            time.sleep(REST)

    def _as_expected(self, now: dict[str, tuple[int, int]]) -> bool:
        wanted = {queue: self._model.counts(queue) for queue in now}
        return all(now[q] == (counts.ready, counts.unacked) for q, counts in wanted.items())

    def _look(self, queue: str) -> tuple[int, int]:
        """Ready messages as the broker counts them, and deliveries that our consumers hold."""
        answer = self._channel.queue_declare(queue=queue, passive=True)
        held = sum(len(c.held) for c in self._consumers.values() if c.queue == queue)
        return answer.method.message_count, held
