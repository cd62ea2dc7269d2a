"""Reading the dead letters, and moving them: each stays in the queue until its new place has it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pika
import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

from task_processor import codec
from task_processor.amqp.connect import Session
from task_processor.errors import REASONS, TaskError
from task_processor.jobs import events
from task_processor.jobs.events import Progress
from task_processor.settings import BrokerError
from task_processor.worker.reporter import as_ranges

PIECE = 1000
SILENCE = 1.0  # seconds

Name = tuple[str | None, int, bytes]


@dataclass(frozen=True)
class Letter:
    """A dead letter: the message as it was, and why it is here."""

    key: str
    reason: str
    message: str
    attempts: int
    worker: str
    died_at: int
    job: str | None
    number: int
    priority: int | None
    body: bytes

    @property
    def name(self) -> "Name":
        """Equal for the same task, however often it was dead-lettered."""
        return self.job, self.number, b"" if self.job else self.body

    @property
    def remedy(self) -> str:
        known = REASONS.get(self.reason)
        return known.remedy if known else "update this program"

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "job": self.job,
            "number": self.number,
            "reason": self.reason,
            "message": self.message,
            "attempts": self.attempts,
            "worker": self.worker,
            "died_at": self.died_at,
            "remedy": self.remedy,
            "body": self.body[:2000].decode("utf-8", "backslashreplace"),
        }


def letter_of(properties: pika.BasicProperties, body: bytes) -> Letter:
    """The letter in a message; also of one that somebody else put there."""
    headers = properties.headers or {}
    job, number = None, 0
    try:
        task = codec.decode(body)
        job, number = task.job, task.number
    except TaskError:
        pass
    return Letter(
        key=str(properties.message_id or "(no name)")[:100],
        reason=str(headers.get("x-reason", "unknown"))[:50],
        message=str(headers.get("x-message", ""))[:1000],
        attempts=_number(headers.get("x-attempt")),
        worker=str(headers.get("x-worker", ""))[:100],
        died_at=_number(headers.get("x-died-at")),
        job=job,
        number=number,
        priority=properties.priority,
        body=body,
    )


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


Wanted = Callable[[Letter], bool]


class _Held:
    """The dead letters that are there now, held one after the other; those not taken return.

    A consumer of a quorum queue may hold 2,000 at most, so each piece has a channel of its own.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._channels: list[BlockingChannel] = []
        self._staying = 0  # how many of them will be in the queue again

    def __enter__(self) -> "_Held":
        return self

    def __iter__(self) -> Iterator[tuple[Letter, Callable[[], None]]]:
        """Each with the function that takes it out of the queue for good."""
        left = self._staying = self._ready()
        while left > 0:
            channel = self._session.connection.channel()
            self._channels.append(channel)
            channel.basic_qos(prefetch_count=PIECE)
            came = 0
            for method, properties, body in channel.consume(
                self._session.names.dead, inactivity_timeout=SILENCE
            ):
                if method is None:
                    return
                came += 1
                yield letter_of(properties, body), partial(self._take, channel, method.delivery_tag)
                if came == min(PIECE, left):
                    break
            channel.cancel()
            left -= came

    def __exit__(self, *_: object) -> None:
        """Give back what was not taken, and wait until the queue has it again.

        A channel's close is answered before a quorum queue has what it held: who read the queue
        at once would find less in it, or nothing.
        """
        for channel in self._channels:
            if channel.is_open:
                channel.close()
        deadline = time.monotonic() + SILENCE
        while self._session.connection.is_open and self._ready() < self._staying:
            if time.monotonic() > deadline:  # another reader may have got some of them
                return
            time.sleep(0.02)

    def _take(self, channel: BlockingChannel, tag: int) -> None:
        channel.basic_ack(tag)
        self._staying -= 1

    def _ready(self) -> int:
        return self._session.count(self._session.names.dead)[0]


def letters(session: Session, wanted: Wanted) -> Iterator[Letter]:
    """The dead letters that are wanted, each task once; all stay in the queue."""
    seen: set[Name] = set()
    with _Held(session) as held:
        for letter, _ in held:
            if wanted(letter) and letter.name not in seen:
                seen.add(letter.name)
                yield letter


def retry(session: Session, wanted: Wanted) -> int:
    """Send the wanted ones to the workers again, from the first attempt on; how many tasks."""
    return _move(session, wanted, "retried")


def discard(session: Session, wanted: Wanted) -> int:
    """Take the wanted ones out for good; how many tasks."""
    return _move(session, wanted, "discarded")


def _move(session: Session, wanted: Wanted, what: str) -> int:
    """The event first, then the task, then the acknowledgement: what is cut short is repeated."""
    names = session.names
    publisher = session.connection.channel()
    publisher.confirm_delivery()
    moved: set[Name] = set()
    try:
        with _Held(session) as held:
            for letter, take in held:
                if not wanted(letter):
                    continue
                if letter.name not in moved:
                    if letter.job:
                        _tell(publisher, names.exchange, names.progress, letter, what)
                    if what == "retried":
                        publisher.basic_publish(
                            names.exchange, names.tasks, letter.body, _fresh(letter), mandatory=True
                        )
                    moved.add(letter.name)
                take()
    except (pika.exceptions.UnroutableError, pika.exceptions.NackError):
        raise BrokerError(
            "the broker did not take a task back; nothing is lost, try again"
        ) from None
    return len(moved)


def _fresh(letter: Letter) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type=codec.CONTENT_TYPE,
        delivery_mode=2,
        message_id=letter.key,
        correlation_id=letter.job,
        priority=letter.priority,
        type=codec.TYPE,
    )


def _tell(channel: BlockingChannel, exchange: str, key: str, letter: Letter, what: str) -> None:
    progress = Progress()
    setattr(progress, what, [letter.number])
    fields = as_ranges(progress)
    body = events.event("progress", job=letter.job, at=round(time.time(), 3), **fields)
    channel.basic_publish(exchange, key, body, events.properties(letter.job, letter.key))


def matching(key: str, job: str, reason: str) -> Wanted:
    """Letters of that name, of that job (or the beginning of its id), of that reason; "" is any."""
    return lambda letter: (
        (not key or letter.key == key)
        and (not job or (letter.job or "").startswith(job))
        and (not reason or letter.reason == reason)
    )
