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
        for _, reply, body in self._channel.consume(
            queue=self._replies, auto_ack=True, inactivity_timeout=0.05
        ):
            if body is not None:
                if reply.type == "error":
                    raise RemoteError(body.decode())
                return body.decode()
            if time.monotonic() > deadline:
                raise TimeoutError(f"no reply within {timeout} s")
        raise ConnectionError("the reply queue was deleted")

    def close(self) -> None:
        self._connection.close()
