"""An RPC client without a reply queue: direct reply-to, in a thread that processes events."""

import functools
import queue
import threading
import uuid

import pika
import pika.exceptions

DIRECT = "amq.rabbitmq.reply-to"


class RemoteError(Exception):
    """The server says that it could not answer."""


class Client:
    def __init__(self, url):
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self._channel = self._connection.channel()
        self._channel.basic_consume(DIRECT, self._on_reply, auto_ack=True)
        self._boxes = {}
        self._open = True
        self._thread = threading.Thread(target=self._process)
        self._thread.start()

    def call(self, question, timeout):
        correlation_id, box = uuid.uuid4().hex, queue.SimpleQueue()
        self._boxes[correlation_id] = box
        try:
            publish = functools.partial(self._publish, question, timeout, correlation_id)
            self._connection.add_callback_threadsafe(publish)
            kind, text = box.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"no reply within {timeout} s") from None
        finally:
            del self._boxes[correlation_id]
        if kind == "lost":
            raise ConnectionError(text)
        if kind == "error":
            raise RemoteError(text)
        return text

    def close(self):
        self._open = False
        self._thread.join()
        if self._connection.is_open:
            self._connection.close()

    def _process(self):
        try:
            while self._open:
                self._connection.process_data_events(time_limit=0.2)
        except pika.exceptions.AMQPError as error:
            for box in list(self._boxes.values()):
                box.put(("lost", repr(error)))

    def _publish(self, question, timeout, correlation_id):
        properties = pika.BasicProperties(
            reply_to=DIRECT, correlation_id=correlation_id, expiration=str(int(timeout * 1000))
        )
        self._channel.basic_publish("", "rpc_queue", question, properties)

    def _on_reply(self, channel, method, properties, body):
        box = self._boxes.get(properties.correlation_id)
        if box is not None:
            box.put((properties.type, body.decode()))  # only the first one is ever taken out
