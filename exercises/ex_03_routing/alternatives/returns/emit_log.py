"""Publisher: one copy for the audit, one to be routed; what comes back goes where it is kept."""

import os
import sys

import pika
from pika.exceptions import UnroutableError
from topology import declare

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def publish(channel, exchange, routing_key, severity, text):
    channel.basic_publish(
        exchange=exchange,
        routing_key=routing_key,
        body=text,
        properties=pika.BasicProperties(
            delivery_mode=pika.DeliveryMode.Persistent, headers={"severity": severity}
        ),
        mandatory=True,
    )


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    declare(channel)
    channel.confirm_delivery()
    for line in sys.argv[1:]:
        severity, text = line.split(":", maxsplit=1)
        publish(channel, "", "audit_logs", severity, text)
        try:
            publish(channel, "routed_logs", severity, severity, text)
        except UnroutableError:
            publish(channel, "", "unrouted_logs", severity, text)
    connection.close()


if __name__ == "__main__":
    main()
