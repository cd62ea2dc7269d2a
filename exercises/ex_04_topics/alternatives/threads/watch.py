"""Watcher: a thread shows what the connection's thread receives."""

import os
import queue
import re
import sys
import threading

import pika
from report import expand, show

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
WORD = re.compile(r"[^*#]*|[*#]")


def works(pattern):
    words = pattern.split(".")
    hashes = words.count("#")
    return (
        all(WORD.fullmatch(word) for word in words)
        and hashes <= 2
        and (hashes or len(words) >= 3)
        and len(pattern.encode()) < 256
    )


def show_all(name, reports):
    while True:
        show(name, *reports.get())


def main() -> None:
    name, *words = sys.argv[1:]
    patterns = expand(words)
    for pattern in patterns:
        if not works(pattern):
            print(f"This pattern takes no report: {pattern}", file=sys.stderr)
            sys.exit(2)
    reports = queue.SimpleQueue()
    threading.Thread(target=show_all, args=(name, reports), daemon=True).start()

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="feed", exchange_type="topic", durable=True)
    mine = channel.queue_declare(queue="", exclusive=True).method.queue
    for pattern in patterns:
        channel.queue_bind(exchange="feed", queue=mine, routing_key=pattern)
    channel.basic_consume(
        queue=mine,
        on_message_callback=lambda c, m, p, body: reports.put((m.routing_key, body.decode())),
        auto_ack=True,
    )
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
