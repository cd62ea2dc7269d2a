"""Connections: parameters from a URL, blocking ones for commands, and what to say if none."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pika
import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

from task_processor.amqp import topology
from task_processor.amqp.features import Features, features_of
from task_processor.amqp.names import Names
from task_processor.settings import Broker, BrokerError, UsageError

HEARTBEAT = 30


def redact(url: str) -> str:
    """The URL without its password."""
    parts = urlsplit(url)
    port = parts.port or (5671 if parts.scheme == "amqps" else 5672)
    return f"{parts.scheme}://{parts.hostname}:{port}{parts.path}"


def parameters(url: str, what: str) -> pika.URLParameters:
    """How to connect; `what` is shown as the connection's name. Raises UsageError."""
    try:
        found = pika.URLParameters(url)
    except (ValueError, TypeError, IndexError):
        raise UsageError(
            "the broker's URL cannot be read. Write amqp://user:password@host/vhost"
        ) from None
    found.heartbeat = HEARTBEAT
    found.client_properties = {
        "product": "task-processor",
        "connection_name": f"task-processor {what} on {socket.gethostname()}",
    }
    return found


def why(error: BaseException, url: str) -> str:
    """In one line, why there is no connection, and what to do."""
    place = redact(url)
    if isinstance(error, pika.exceptions.ProbableAuthenticationError):
        return f"{place} refuses the user or the password. Check the URL"
    if isinstance(error, pika.exceptions.ProbableAccessDeniedError):
        return f"{place} has no such vhost, or the user may not use it. Check the URL"
    if isinstance(error, pika.exceptions.ConnectionClosedByBroker):
        return f"{place} closed the connection: {error.reply_text}"
    if isinstance(error, pika.exceptions.ChannelClosedByBroker):
        return f"{place} refused it: {error.reply_text}"
    if isinstance(error, ssl.SSLCertVerificationError):
        trouble = f"{place} shows a certificate that is not trusted here: {error.verify_message}"
        return f"{trouble}. If it comes from a CA of your own, name its file: SSL_CERT_FILE=ca.pem"
    if isinstance(error, ssl.SSLError):
        return f"{place} does not answer in TLS. Check the port: 5671 is usual for amqps"
    return f"nothing answers as RabbitMQ at {place}. Is it running? ./learn broker up"


@contextmanager
def session(broker: Broker, what: str) -> Iterator["Session"]:
    """A blocking connection with everything declared, for a command or as a worker's first step.

    Raises BrokerError, also for a connection that is lost meanwhile.
    """
    try:
        connection = pika.BlockingConnection(parameters(broker.url, what))
    except (pika.exceptions.AMQPError, OSError) as error:
        raise BrokerError(why(error, broker.url)) from None
    try:
        features = features_of(connection._impl.server_properties)
        channel = connection.channel()
        names = Names(broker.prefix)
        topology.declare(channel, names, broker.delays, features)
        yield Session(connection, channel, names, features)
    except pika.exceptions.AMQPError as error:
        raise BrokerError(why(error, broker.url)) from None
    finally:
        with suppress(pika.exceptions.AMQPError, OSError):
            connection.close()


class Session:
    """A connection, a channel, our names, and what the broker can do."""

    def __init__(
        self,
        connection: pika.BlockingConnection,
        channel: BlockingChannel,
        names: Names,
        features: Features,
    ) -> None:
        self.connection = connection
        self.channel = channel
        self.names = names
        self.features = features

    def count(self, queue: str) -> tuple[int, int]:
        """How many messages are ready in a queue, and how many consumers it has."""
        answer = self.channel.queue_declare(queue=queue, passive=True).method
        return int(answer.message_count), int(answer.consumer_count)
