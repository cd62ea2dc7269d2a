"""Receiver: lines are kept in a thread of its own, commands reach the connection's thread."""

import os
import queue
import sys
import threading

import pika
from keep import keep
from topology import declare

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def keep_all(name, lines):
    while True:
        keep(name, *lines.get())


def follow(name, connection, channel, lines_queue):
    """Take commands on a connection of our own; let the other thread act on them."""
    control = pika.BlockingConnection(pika.URLParameters(URL)).channel()
    control.exchange_declare(exchange="control", exchange_type="direct", durable=True)
    commands = control.queue_declare(queue="", exclusive=True).method.queue
    control.queue_bind(exchange="control", queue=commands, routing_key=name)
    for _method, _properties, body in control.consume(queue=commands, auto_ack=True):
        verb, severity = body.decode().split()

        def change(verb=verb, severity=severity):
            act = channel.queue_bind if verb == "add" else channel.queue_unbind
            act(exchange="routed_logs", queue=lines_queue, routing_key=severity)

        connection.add_callback_threadsafe(change)


def main() -> None:
    name, *severities = sys.argv[1:]
    lines = queue.SimpleQueue()
    threading.Thread(target=keep_all, args=(name, lines), daemon=True).start()

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    declare(channel)
    mine = channel.queue_declare(queue="", exclusive=True).method.queue
    for severity in severities:
        channel.queue_bind(exchange="routed_logs", queue=mine, routing_key=severity)
    threading.Thread(target=follow, args=(name, connection, channel, mine), daemon=True).start()
    channel.basic_consume(
        queue=mine,
        on_message_callback=lambda c, m, p, body: lines.put((m.routing_key, body.decode())),
        auto_ack=True,
    )
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
