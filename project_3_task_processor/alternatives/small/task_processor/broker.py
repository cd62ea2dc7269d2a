"""The connection, the queues, publishing with confirms, and reading a queue as a log."""

import json
import os
import time
from urllib.parse import urlsplit

import pika
import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

TASKS, DEAD = "images.tasks", "images.dead"
URL = "amqp://guest:guest@localhost:5672/%2F"
NOT_FOUND, LOCKED = 404, 405


def url() -> str:
    return os.environ.get("RABBITMQ_URL", URL)


def place() -> str:
    """The broker's address, for a person: without the password."""
    parts = urlsplit(url())
    return f"{parts.hostname}:{parts.port or 5672}"


def delays() -> list[int]:
    """Seconds to wait after the first, second, ... attempt that failed."""
    return [
        int(part) for part in os.environ.get("TASK_PROCESSOR_RETRY_DELAYS", "1,5,30").split(",")
    ]


def connect() -> pika.BlockingConnection:
    return pika.BlockingConnection(pika.URLParameters(url()))


def open_channel(connection: pika.BlockingConnection) -> BlockingChannel:
    """A channel with confirms, and everything declared: whoever comes first makes the queues."""
    channel = connection.channel()
    # A limit well above what kills by chance need, for an image that kills its worker each time.
    declare(channel, TASKS, {"x-queue-type": "quorum", "x-delivery-limit": 20, **to(DEAD)})
    declare(channel, DEAD, {})
    for delay in set(delays()):  # a queue for each delay: only a queue's first message expires
        declare(channel, retry_queue(delay), {"x-message-ttl": delay * 1000, **to(TASKS)})
    channel.confirm_delivery()
    return channel


def declare(channel: BlockingChannel, name: str, arguments: dict[str, object]) -> None:
    channel.queue_declare(queue=name, durable=True, arguments=arguments)


def to(queue: str) -> dict[str, object]:
    """Where a queue's dead letters go."""
    return {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue}


def retry_queue(delay: int) -> str:
    return f"images.retry.{delay}"


def log_of(job: str) -> str:
    """The queue that holds a job's events."""
    return f"images.job.{job}"


def publish(
    channel: BlockingChannel, queue: str, body: bytes, headers: dict[str, object] | None = None
) -> None:
    """Returns when the broker has the message in a queue and on disk; raises AMQPError if not."""
    properties = pika.BasicProperties(
        content_type="application/json", delivery_mode=pika.DeliveryMode.Persistent, headers=headers
    )
    channel.basic_publish("", queue, body, properties, mandatory=True)


def tell(channel: BlockingChannel, job: str, event: dict[str, object]) -> None:
    """Write an event into a job's log."""
    publish(channel, log_of(job), json.dumps(event).encode())


def read(
    connection: pika.BlockingConnection, queue: str
) -> list[tuple[pika.BasicProperties, bytes]]:
    """All messages of a queue, in order; they stay in it. None if there is no such queue.

    They are fetched without an acknowledgement, and return when the channel closes. What one reader
    holds another does not see, so only one reads at a time: whoever has the exclusive queue. With a
    stream none of this were necessary.
    """
    lock = locked(connection, f"{queue}.reader")
    reader = connection.channel()
    found = []
    try:
        for _ in range(reader.queue_declare(queue=queue, passive=True).method.message_count):
            _, properties, body = reader.basic_get(queue)
            if body is not None:
                found.append((properties, body))
        reader.close()
    except pika.exceptions.ChannelClosedByBroker as error:
        if error.reply_code != NOT_FOUND:
            raise
    lock.queue_delete(f"{queue}.reader")
    return found


def locked(connection: pika.BlockingConnection, name: str) -> BlockingChannel:
    """Wait until the exclusive queue of that name is ours; to be deleted on this channel."""
    deadline = time.monotonic() + 30
    while True:
        channel = connection.channel()
        try:
            channel.queue_declare(queue=name, exclusive=True)
            return channel
        except pika.exceptions.ChannelClosedByBroker as error:
            if error.reply_code != LOCKED or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
