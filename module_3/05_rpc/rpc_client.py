"""RPC client: ask for Fibonacci numbers over `rpc_queue`, and wait a limited time for each."""

import os
import sys
import time
import uuid

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
TIMEOUT = 3  # seconds


def call(channel, replies, number):
    correlation_id = str(uuid.uuid4())
    channel.basic_publish(
        exchange="",
        routing_key="rpc_queue",
        body=number,
        properties=pika.BasicProperties(
            reply_to=replies,  # where the answer shall go
            correlation_id=correlation_id,  # which question it will answer
            expiration=str(TIMEOUT * 1000),  # in ms: nobody waits longer, so drop it then
        ),
    )
    deadline = time.monotonic() + TIMEOUT
    # Without a reply, consume yields three times None every tenth of a second.
    for _, reply, body in channel.consume(queue=replies, auto_ack=True, inactivity_timeout=0.1):
        if body is not None and reply.correlation_id == correlation_id:
            if reply.type == "error":
                raise RuntimeError(f"The server says: {body.decode()}")
            return int(body)
        if body is not None:
            print(f" [-] Dropped a reply to an older request: {body.decode()}", flush=True)
        if time.monotonic() > deadline:
            raise TimeoutError(f"No reply within {TIMEOUT} s")
    raise ConnectionError("The reply queue was deleted")


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    # One queue for all our replies. It goes when we go, and nobody else may read it.
    replies = channel.queue_declare(queue="", exclusive=True).method.queue
    for number in sys.argv[1:] or ["30"]:
        print(f" [x] Requesting fib({number})", flush=True)
        try:
            print(f" [.] Got {call(channel, replies, number)}", flush=True)
        except (TimeoutError, RuntimeError) as problem:
            print(f" [!] {problem}", flush=True)
    connection.close()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
