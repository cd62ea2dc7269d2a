"""An RPC client: ask over `rpc_queue`, and wait a limited time for the reply."""

import time
import uuid

import pika


class RemoteError(Exception):
    """The server says that it could not answer."""


class Client:
    def __init__(self, url: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self._channel = self._connection.channel()
        self._replies = self._channel.queue_declare(queue="", exclusive=True).method.queue
        self._channel.basic_consume(self._replies, self._on_reply, auto_ack=True)
        self._answers = {}

    def call(self, question: str, timeout: float) -> str:
        correlation_id = str(uuid.uuid4())
        self._channel.basic_publish(
            exchange="",
            routing_key="rpc_queue",
            body=question,
            properties=pika.BasicProperties(
                reply_to=self._replies,
                correlation_id=correlation_id,
                expiration=str(int(timeout * 1000)),
            ),
        )
        deadline = time.monotonic() + timeout
        while correlation_id not in self._answers:
            time.sleep(0.01)
            if time.monotonic() > deadline:
                raise TimeoutError(f"no reply within {timeout} s")
        return self._answers.pop(correlation_id)

    def _on_reply(self, channel, method, properties, body) -> None:
        self._answers[properties.correlation_id] = body.decode()

    def close(self) -> None:
        self._connection.close()
