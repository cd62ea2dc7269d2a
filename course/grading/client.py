"""The grader's own connection, straight to the broker: publish, declare, look, fetch."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pika
import pika.exceptions
from pika.adapters.utils.connection_workflow import AMQPConnectorException

from course.errors import CouldNotCheck

T = TypeVar("T")
NOT_FOUND, LOCKED = 404, 405
BROKEN = (pika.exceptions.AMQPError, AMQPConnectorException, OSError)


@dataclass(frozen=True)
class Message:
    """A message that the grader has fetched. `properties` holds those that were set, by name."""

    body: bytes = field(repr=False)
    routing_key: str
    exchange: str
    redelivered: bool
    properties: dict[str, Any]

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    @property
    def headers(self) -> dict[str, Any]:
        return dict(self.properties.get("headers") or {})

    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True)
class QueueState:
    """A queue as the broker counts it. An exclusive one of another's is `locked`: no counts."""

    ready: int
    consumers: int
    locked: bool = False


def encode(body: object) -> bytes:
    """Bytes as they are, text as UTF-8, everything else as JSON."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


class Client:
    """Not for use from two threads. Every method raises CouldNotCheck if the broker is gone."""

    def __init__(self, url: str, hidden: frozenset[str] = frozenset()) -> None:
        self._url = url
        self._hidden = hidden  # headers that the tap adds
        self._connection: Any = None
        self._channel: Any = None
        self.connect()

    def connect(self) -> None:
        self.close()
        parameters = pika.URLParameters(self._url)
        parameters.heartbeat = 0  # a check may compute for longer than any heartbeat
        parameters.blocked_connection_timeout = 10
        parameters.client_properties = {"connection_name": "the grader"}
        with _explained():
            self._connection = pika.BlockingConnection(parameters)
            self._open()

    def close(self) -> None:
        with contextlib.suppress(*BROKEN):
            if self._connection is not None and self._connection.is_open:
                self._connection.close()

    def lives(self) -> bool:
        """Whether the broker still holds this connection, as it does until it is restarted."""
        try:
            self._connection.process_data_events(0)
            self._channel.basic_qos(prefetch_count=0)
        except BROKEN:
            return False
        return True

    def publish(self, body: object, routing_key: str, exchange: str, **properties: Any) -> bool:
        """Publish, mandatory and with a confirm; whether any queue took it."""

        def send(channel: Any) -> bool:
            channel.basic_publish(
                exchange=exchange,
                routing_key=routing_key,
                body=encode(body),
                properties=pika.BasicProperties(**properties),
                mandatory=True,
            )
            return True

        try:
            return self._do(send, missing=False)
        except (pika.exceptions.UnroutableError, pika.exceptions.NackError):
            return False

    def declare_queue(self, name: str, options: Mapping[str, Any]) -> None:
        self._do(lambda channel: channel.queue_declare(queue=name, **options))

    def delete_queue(self, name: str) -> None:
        self._do(lambda channel: channel.queue_delete(queue=name))

    def declare_exchange(self, name: str, type: str, options: Mapping[str, Any]) -> None:
        self._do(lambda channel: channel.exchange_declare(name, exchange_type=type, **options))

    def bind(self, queue: str, exchange: str, key: str, arguments: dict[str, Any] | None) -> None:
        self._do(lambda channel: channel.queue_bind(queue, exchange, key, arguments))

    def get(self, queue: str) -> Message | None:
        """Take the queue's first message, and acknowledge it; None if there is none."""
        method, properties, body = self._do(
            lambda channel: channel.basic_get(queue=queue, auto_ack=True), missing=(None,) * 3
        )
        if method is None:
            return None
        return Message(
            body, method.routing_key, method.exchange, bool(method.redelivered),
            _set(properties, self._hidden),
        )  # fmt: skip

    def queue(self, name: str) -> QueueState | None:
        """What a passive declaration says; None if there is no such queue."""
        try:
            ok = self._do(lambda channel: channel.queue_declare(queue=name, passive=True), None)
        except pika.exceptions.ChannelClosedByBroker:
            return QueueState(0, 0, locked=True)
        return None if ok is None else QueueState(ok.method.message_count, ok.method.consumer_count)

    def exchange(self, name: str, type: str | None) -> bool:
        """Whether the exchange exists, and is of this type, which a declaration compares."""
        if self._do(lambda c: c.exchange_declare(name, passive=True), None) is None:
            return False
        if type is None:
            return True
        try:
            self._call(lambda c: c.exchange_declare(name, exchange_type=type, durable=True))
        except pika.exceptions.ChannelClosedByBroker as error:
            return "'type'" not in error.reply_text  # it is compared before all other fields
        return True

    def _do(self, act: Callable[[Any], T], missing: Any = ...) -> T:
        """Act; what is not there gives `missing`, if given."""
        try:
            return self._call(act)
        except pika.exceptions.ChannelClosedByBroker as error:
            if missing is not ... and error.reply_code == NOT_FOUND:
                return missing  # type: ignore[no-any-return]
            raise

    def _call(self, act: Callable[[Any], T]) -> T:
        refusals = (pika.exceptions.UnroutableError, pika.exceptions.NackError)
        with _explained():
            try:
                return act(self._channel)
            except refusals:
                raise
            except pika.exceptions.ChannelClosedByBroker:
                self._open()
                raise

    def _open(self) -> None:
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """A lost broker becomes CouldNotCheck; what the broker refuses passes through."""
    passing = (
        pika.exceptions.ChannelClosedByBroker,
        pika.exceptions.UnroutableError,
        pika.exceptions.NackError,
    )
    try:
        yield
    except passing:
        raise
    except BROKEN as error:
        said = ", ".join(str(part) for part in error.args) or type(error).__name__
        raise CouldNotCheck(f"the broker was lost in the middle of the check: {said}.") from None


def _set(properties: Any, hidden: frozenset[str]) -> dict[str, Any]:
    """The properties that were set; without the headers in `hidden`."""
    given = {name: value for name, value in vars(properties).items() if value is not None}
    if "headers" in given:
        given["headers"] = {k: v for k, v in given["headers"].items() if k not in hidden}
        if not given["headers"]:
            del given["headers"]
    return given
