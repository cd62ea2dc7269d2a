"""Throwaway vhosts: nothing of a lesson or a test stays on the broker."""

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from course.brokers.management import Management, ManagementError
from course.errors import CouldNotCheck

PREFIX = "learn-"


def name_of(url: str) -> str:
    """The vhost in an AMQP URL; an empty path means "/"."""
    path = urlsplit(url).path
    return unquote(path[1:]) or "/"


def with_vhost(url: str, name: str) -> str:
    """The same URL for another vhost."""
    return urlunsplit(urlsplit(url)._replace(path="/" + quote(name, safe="")))


@contextlib.contextmanager
def throwaway(management: Management, url: str) -> Iterator[str]:
    """Make a vhost, give its URL, and delete it with all that is in it."""
    name = PREFIX + secrets.token_hex(4)
    management.make_vhost(name)
    try:
        yield with_vhost(url, name)
    finally:
        # A broker that is gone cannot be cleaned; what went wrong with it is the better message.
        with contextlib.suppress(ManagementError):
            management.delete_vhost(name)


@contextlib.contextmanager
def borrowed(url: str, queues: Sequence[str], exchanges: Sequence[str]) -> Iterator[str]:
    """Use the vhost in the URL itself, and remove these queues and exchanges at the end.

    Raises CouldNotCheck if one of them exists beforehand: it is not ours to remove.
    """
    taken = _existing(url, queues, exchanges)
    if taken:
        raise CouldNotCheck(
            f"{', '.join(taken)} already exists in the vhost {name_of(url)!r}, and this user may "
            "not make a vhost of its own. Delete it there, or use another broker: "
            "./learn broker use auto"
        )
    try:
        yield url
    finally:
        _remove(url, queues, exchanges)


def _existing(url: str, queues: Sequence[str], exchanges: Sequence[str]) -> list[str]:
    found = []
    with _connection(url) as connection:
        for kind, names in (("queue", queues), ("exchange", exchanges)):
            for name in names:
                # A passive declaration of what is missing closes the channel: one channel each.
                if _declare_passively(connection.channel(), kind, name):
                    found.append(f"{kind} {name}")
    return found


def _declare_passively(channel: Any, kind: str, name: str) -> bool:
    import pika

    try:
        if kind == "queue":
            channel.queue_declare(queue=name, passive=True)
        else:
            channel.exchange_declare(exchange=name, passive=True)
    except pika.exceptions.ChannelClosedByBroker as error:
        return bool(error.reply_code != 404)
    channel.close()
    return True


def _remove(url: str, queues: Sequence[str], exchanges: Sequence[str]) -> None:
    """Delete what can be deleted. What went wrong before is the better message than any here."""
    from pika.exceptions import AMQPError

    with contextlib.suppress(CouldNotCheck), _connection(url) as connection:
        for name in queues:
            with contextlib.suppress(AMQPError):
                connection.channel().queue_delete(queue=name)
        for name in exchanges:
            with contextlib.suppress(AMQPError):
                connection.channel().exchange_delete(exchange=name)


@contextlib.contextmanager
def _connection(url: str) -> Iterator[Any]:
    import pika
    from pika.adapters.utils.connection_workflow import AMQPConnectorException

    try:
        connection = pika.BlockingConnection(pika.URLParameters(url))
    except (pika.exceptions.AMQPError, AMQPConnectorException, OSError):
        raise CouldNotCheck("the broker does not answer any more.") from None
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()
