"""RPC client without a reply queue: the broker hands the reply straight to this channel."""

import os
import sys
import time

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
TIMEOUT = 3  # seconds


def main() -> None:
    number = sys.argv[1] if len(sys.argv) > 1 else "30"
    replies = []

    def keep(channel, method, properties, body):
        replies.append((properties.type, body.decode()))

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    # No such queue exists. Consume from the name first, then publish, on one and the same channel.
    channel.basic_consume(
        queue="amq.rabbitmq.reply-to",
        on_message_callback=keep,
        auto_ack=True,  # required: there is no queue to which a reply could return
    )
    print(f" [x] Requesting fib({number})", flush=True)
    channel.basic_publish(
        exchange="",
        routing_key="rpc_queue",
        body=number,
        properties=pika.BasicProperties(
            reply_to="amq.rabbitmq.reply-to", expiration=str(TIMEOUT * 1000)
        ),
    )
    deadline = time.monotonic() + TIMEOUT
    while not replies and time.monotonic() < deadline:
        connection.process_data_events(time_limit=0.1)
    connection.close()
    kind, text = replies[0] if replies else ("error", f"No reply within {TIMEOUT} s")
    print(f" [!] {text}" if kind == "error" else f" [.] Got {text}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
