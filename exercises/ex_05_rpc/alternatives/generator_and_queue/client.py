"""An RPC client that comes back: a thread with the consume() generator, fed through a queue."""

import queue
import threading
import time
import uuid
from concurrent.futures import Future, InvalidStateError

import pika
import pika.exceptions


class RemoteError(Exception):
    """The server says that it could not answer."""


class Client:
    def __init__(self, url):
        self._parameters = pika.URLParameters(url)
        self._requests = queue.Queue()
        self._calls = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._stay_connected, daemon=True)
        self._thread.start()

    def call(self, question, timeout):
        correlation_id, call = str(uuid.uuid4()), Future()
        self._calls[correlation_id] = call
        self._requests.put((question, timeout, correlation_id))
        try:
            return call.result(timeout)
        finally:
            self._calls.pop(correlation_id, None)

    def close(self):
        self._closing.set()
        self._thread.join()

    def _stay_connected(self):
        while not self._closing.is_set():
            try:
                with pika.BlockingConnection(self._parameters) as connection:
                    self._exchange(connection.channel())
            except pika.exceptions.AMQPError as error:
                # What was asked on the old connection has no address any more.
                for call in list(self._calls.values()):
                    self._settle(call.set_exception, ConnectionError(repr(error)))
                time.sleep(0.2)

    def _exchange(self, channel):
        replies = channel.queue_declare("", exclusive=True, auto_delete=True).method.queue
        for method, properties, body in channel.consume(replies, inactivity_timeout=0.02):
            if self._closing.is_set():
                break
            if method is not None:
                self._on_reply(properties, body)
                channel.basic_ack(method.delivery_tag)
            while not self._requests.empty():
                question, timeout, correlation_id = self._requests.get()
                properties = pika.BasicProperties(
                    reply_to=replies,
                    correlation_id=correlation_id,
                    expiration=str(int(timeout * 1000)),
                )
                channel.basic_publish("", "rpc_queue", question, properties)
        channel.cancel()

    def _on_reply(self, properties, body):
        call = self._calls.get(properties.correlation_id)
        if call is None:
            return
        if properties.type == "error":
            self._settle(call.set_exception, RemoteError(body.decode()))
        else:
            self._settle(call.set_result, body.decode())

    @staticmethod
    def _settle(settle, value):
        try:
            settle(value)
        except InvalidStateError:
            pass  # a second reply to the same request
