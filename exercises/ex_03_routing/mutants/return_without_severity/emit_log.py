"""Publisher: send log lines, one for each argument, such as "error:disk full"."""

import os
import sys

import pika
from topology import declare

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    lines = sys.argv[1:]
    if not lines:
        sys.exit("Usage: emit_log.py SEVERITY:TEXT...")

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    declare(channel)

    channel.confirm_delivery()
    for line in lines:
        severity, _, text = line.partition(":")
        channel.basic_publish(exchange="", routing_key="audit_logs", body=text)
        try:
            channel.basic_publish(
                exchange="routed_logs",
                routing_key=severity,
                body=text,
                properties=pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent),
                mandatory=True,
            )
        except pika.exceptions.UnroutableError:
            channel.basic_publish(exchange="", routing_key="unrouted_logs", body=text)
        print(f" [x] Sent {line}", flush=True)
    connection.close()


if __name__ == "__main__":
    main()
