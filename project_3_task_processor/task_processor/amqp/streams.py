"""Reading a stream to its end over AMQP 0-9-1.

A consumer is not told where a stream ends, and the broker's count of messages is seconds old. So
the reader appends a marker of its own and reads until it comes back: everything that was confirmed
before it asked is in the answer. If the broker takes no messages now (an alarm), the reader stops
after some seconds of silence instead.
"""

import secrets
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pika.exceptions

from task_processor.amqp.connect import Session
from task_processor.jobs import events

PREFETCH = 1000
SILENCE = 3.0

Entry = tuple[int, dict[str, Any]]


def read(
    session: Session, stream: str, offset: int | str = "first", job: str | None = None
) -> Iterator[Entry]:
    """The events from an offset on to the present end, with their offsets; of one job, or all."""
    for entry in follow(session, stream, offset, job, until=append_marker(session, stream, job)):
        if entry is None:
            return
        yield entry


def end(session: Session, stream: str) -> int:
    """The offset that comes next in the stream."""
    marker = append_marker(session, stream, None)
    for at, content in _deliveries(session, stream, "last", None, SILENCE):
        if content is not None and content.get("nonce") == marker:
            return at + 1
        if content is None and at < 0:
            break
    return 0


def append_marker(session: Session, stream: str, job: str | None) -> str:
    """Append a marker; its nonce."""
    nonce = secrets.token_hex(8)
    session.channel.basic_publish(
        exchange=session.names.exchange,
        routing_key=stream,
        body=events.event("marker", nonce=nonce),
        properties=events.properties(job, nonce),
    )
    return nonce


def follow(
    session: Session,
    stream: str,
    offset: int | str,
    job: str | None,
    *,
    until: str = "",
    every: float = SILENCE,
) -> Iterator[Entry | None]:
    """The events from an offset on, and on; None whenever nothing came for `every` seconds.

    Ends at the marker `until`, if there is one.
    """
    for at, content in _deliveries(session, stream, offset, job, every):
        if content is None:
            if at < 0:
                yield None
        elif content.get("event") != "marker":
            if job is None or content.get("job", content.get("id")) == job:
                yield at, content
        elif until and content.get("nonce") == until:
            return


def _deliveries(
    session: Session, stream: str, offset: int | str, job: str | None, every: float
) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Offset and event; None for what is no event of ours; (-1, None) for silence."""
    arguments: dict[str, Any] = {"x-stream-offset": offset}
    if job is not None and session.features.stream_filters:
        arguments["x-stream-filter"] = job
    channel = session.connection.channel()
    channel.basic_qos(prefetch_count=PREFETCH)
    try:
        unacknowledged = 0
        for method, properties, body in channel.consume(
            stream, arguments=arguments, inactivity_timeout=every
        ):
            if method is None:
                yield -1, None
                continue
            unacknowledged += 1
            if unacknowledged >= PREFETCH // 4:
                channel.basic_ack(method.delivery_tag, multiple=True)
                unacknowledged = 0
            at = int((properties.headers or {}).get("x-stream-offset", 0))
            yield at, events.parse(body)
    finally:
        with suppress(pika.exceptions.AMQPError):
            channel.close()
