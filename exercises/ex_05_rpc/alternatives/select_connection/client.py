"""An RPC client on SelectConnection, whose loop runs in a thread; callers wait on conditions."""

import itertools
import threading
import time

import pika


class RemoteError(Exception):
    """The server says that it could not answer."""


class Client:
    def __init__(self, url):
        self._changed = threading.Condition()
        self._replies = None  # the name of our queue, when it is there
        self._lost = None
        self._channel = None
        self._answers = {}  # from correlation id to (type, text), None while there is none
        self._numbers = itertools.count(1)
        self._connection = pika.SelectConnection(
            pika.URLParameters(url),
            on_open_callback=lambda connection: connection.channel(on_open_callback=self._on_open),
            on_open_error_callback=self._on_end,
            on_close_callback=self._on_end,
        )
        self._thread = threading.Thread(target=self._connection.ioloop.start, daemon=True)
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._replies or self._lost, 10)
        if not self._replies:
            raise ConnectionError(f"no broker: {self._lost}")

    def call(self, question, timeout):
        deadline = time.monotonic() + timeout
        with self._changed:
            if self._lost:
                raise ConnectionError(self._lost)
            # A number is enough: nobody else publishes to our exclusive queue with our numbers.
            correlation_id = f"call-{next(self._numbers)}"
            self._answers[correlation_id] = None
            properties = pika.BasicProperties(
                reply_to=self._replies,
                correlation_id=correlation_id,
                expiration=f"{timeout * 1000:.0f}",
            )
            self._connection.ioloop.add_callback_threadsafe(
                lambda: self._channel.basic_publish("", "rpc_queue", question, properties)
            )
            try:
                while self._answers[correlation_id] is None:
                    if self._lost:
                        raise ConnectionError(self._lost)
                    if not self._changed.wait(max(0, deadline - time.monotonic())):
                        raise TimeoutError(f"no reply within {timeout} s")
                kind, text = self._answers[correlation_id]
            finally:
                del self._answers[correlation_id]
        if kind == "error":
            raise RemoteError(text)
        return text

    def close(self):
        if not self._lost:
            self._connection.ioloop.add_callback_threadsafe(self._connection.close)
        self._thread.join(5)

    def _on_open(self, channel):
        self._channel = channel
        channel.queue_declare("", exclusive=True, callback=self._on_queue)

    def _on_queue(self, frame):
        self._channel.basic_consume(frame.method.queue, self._on_reply)
        with self._changed:
            self._replies = frame.method.queue
            self._changed.notify_all()

    def _on_reply(self, channel, method, properties, body):
        channel.basic_ack(method.delivery_tag)
        with self._changed:
            if self._answers.get(properties.correlation_id, ()) is None:
                self._answers[properties.correlation_id] = (properties.type, body.decode())
                self._changed.notify_all()

    def _on_end(self, connection, reason):
        with self._changed:
            self._lost = str(reason)
            self._changed.notify_all()
        connection.ioloop.stop()
