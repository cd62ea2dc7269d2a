"""An RPC client: ask over `rpc_queue`, and wait a limited time for the reply."""

import contextlib
import functools
import threading
import uuid
from concurrent.futures import Future

import pika
import pika.exceptions


class RemoteError(Exception):
    """The server says that it could not answer."""


class Client:
    """May be used by many threads at the same time.

    One thread of our own does all that touches the connection, since pika's connections may not
    be shared. Callers hand it their requests, and wait on a future each.
    """

    def __init__(self, url: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self._channel = self._connection.channel()
        # One queue for all our replies. It goes when we go, and nobody else may read it.
        self._replies = self._channel.queue_declare(queue="", exclusive=True).method.queue
        # A reply that we cannot take is worthless after a crash, so nothing is acknowledged.
        self._channel.basic_consume(self._replies, self._on_reply, auto_ack=True)
        self._waiting: dict[str, Future[str]] = {}  # from correlation id to who waits for it
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def call(self, question: str, timeout: float) -> str:
        """Send the question to rpc_queue, and return the text of the server's reply.

        Raises TimeoutError if there is none within `timeout` seconds, RemoteError with the server's
        text if the server could not answer, ConnectionError if the broker is lost meanwhile.
        """
        correlation_id = str(uuid.uuid4())  # new for each call, also for the same question
        reply: Future[str] = Future()
        self._waiting[correlation_id] = reply  # before the request: the reply may be fast
        try:
            publish = functools.partial(self._publish, question, correlation_id, timeout)
            self._connection.add_callback_threadsafe(publish)
            return reply.result(timeout)  # one clock for the whole wait, whatever else arrives
        except pika.exceptions.AMQPError as error:
            raise ConnectionError(f"The broker is lost: {error!r}") from error
        finally:
            pass

    def close(self) -> None:
        """End the connection, also if it is lost already. Nothing of this client is left."""
        with contextlib.suppress(pika.exceptions.AMQPError):
            self._connection.add_callback_threadsafe(self._channel.stop_consuming)
        self._thread.join()
        with contextlib.suppress(pika.exceptions.AMQPError):
            self._connection.close()  # and with it goes the exclusive queue

    # From here on everything runs in the thread of the connection.

    def _run(self) -> None:
        reason = "closed"
        try:
            self._channel.start_consuming()
        except pika.exceptions.AMQPError as error:
            reason = repr(error)
        # No reply will come any more. Whoever waits must know now, and not after its timeout.
        for reply in list(self._waiting.values()):
            reply.set_exception(ConnectionError(f"The broker is lost: {reason}"))

    def _publish(self, question: str, correlation_id: str, timeout: float) -> None:
        self._channel.basic_publish(
            exchange="",
            routing_key="rpc_queue",
            body=question,
            properties=pika.BasicProperties(
                reply_to=self._replies,
                correlation_id=correlation_id,
                expiration=str(int(timeout * 1000)),  # in ms: nobody waits longer, so drop it then
            ),
        )

    def _on_reply(self, channel, method, properties, body) -> None:
        reply = self._waiting.get(properties.correlation_id, None)
        if reply is None:
            return
        if properties.type == "error":
            reply.set_exception(RemoteError(body.decode()))  # raised in the caller's thread
        else:
            reply.set_result(body.decode())
