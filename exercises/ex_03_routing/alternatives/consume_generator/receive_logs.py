"""Receiver: lines and commands come through one queue, and so in the order they were published."""

import os
import sys

import pika
from keep import keep
from topology import declare

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    name, *severities = sys.argv[1:]
    with pika.BlockingConnection(pika.URLParameters(URL)) as connection:
        channel = connection.channel()
        declare(channel)
        channel.exchange_declare(exchange="control", exchange_type="direct", durable=True)
        queue = channel.queue_declare(queue="", exclusive=True).method.queue
        channel.queue_bind(exchange="control", queue=queue, routing_key=name)
        for severity in severities:
            channel.queue_bind(exchange="routed_logs", queue=queue, routing_key=severity)
        channel.basic_qos(prefetch_count=10)
        for method, _properties, body in channel.consume(queue=queue):
            text = body.decode()
            if method.exchange == "control":
                verb, severity = text.split()
                change = {"add": channel.queue_bind, "drop": channel.queue_unbind}[verb]
                change(queue, "routed_logs", routing_key=severity)
            else:
                keep(name, method.routing_key, text)
            channel.basic_ack(method.delivery_tag)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
