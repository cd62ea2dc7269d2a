"""Receiver: keep the log lines of the severities that are asked for, while this program runs."""

import os
import sys

import pika
from keep import keep
from topology import declare

KNOWN = ["debug", "info", "warning", "error"]
URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("Usage: receive_logs.py NAME SEVERITY...")
    name, *severities = sys.argv[1:]

    def on_line(channel, method, properties, body):
        keep(name, method.routing_key, body.decode())

    def on_command(channel, method, properties, body):
        verb, severity = body.decode().split()
        change = channel.queue_bind if verb == "add" else channel.queue_unbind
        change(exchange="routed_logs", queue=queue, routing_key=severity)
        print(f" [x] {name}: {verb} {severity}", flush=True)

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    declare(channel)
    queue = channel.queue_declare(queue="", exclusive=True).method.queue
    for severity in severities:
        if severity in KNOWN:
            channel.queue_bind(exchange="routed_logs", queue=queue, routing_key=severity)

    channel.exchange_declare(exchange="control", exchange_type="direct", durable=True)
    commands = channel.queue_declare(queue="", exclusive=True).method.queue
    channel.queue_bind(exchange="control", queue=commands, routing_key=name)

    channel.basic_consume(queue=commands, on_message_callback=on_command, auto_ack=True)
    channel.basic_consume(queue=queue, on_message_callback=on_line, auto_ack=True)
    print(f" [*] {name} is waiting for {severities}. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
