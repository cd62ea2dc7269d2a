"""Publisher whose exchange has an alternate: what no binding wants is kept in a queue."""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
QUORUM = {"x-queue-type": "quorum"}


def main() -> None:
    severity = sys.argv[1] if len(sys.argv) > 1 else "info"
    message = " ".join(sys.argv[2:]) or "Hello World!"

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    # The safety net first: a fanout exchange, and a durable queue that takes all it gets.
    channel.exchange_declare(exchange="unrouted_logs", exchange_type="fanout", durable=True)
    channel.queue_declare(queue="unrouted_logs", durable=True, arguments=QUORUM)
    channel.queue_bind(exchange="unrouted_logs", queue="unrouted_logs")
    # Then the exchange above it. What it cannot route, it hands to its alternate.
    channel.exchange_declare(
        exchange="routed_logs",
        exchange_type="direct",
        durable=True,
        arguments={"alternate-exchange": "unrouted_logs"},
    )

    channel.confirm_delivery()
    channel.basic_publish(
        exchange="routed_logs", routing_key=severity, body=message, mandatory=True
    )
    connection.close()
    print(f" [x] Sent {severity}:{message}")


if __name__ == "__main__":
    main()
