"""Publisher: send one log line to the exchange `direct_logs`, with its severity as routing key."""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    severity = sys.argv[1] if len(sys.argv) > 1 else "info"
    message = " ".join(sys.argv[2:]) or "Hello World!"

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="direct_logs", exchange_type="direct")

    channel.confirm_delivery()
    # The exchange compares this key with its bindings; it does not look into the body.
    channel.basic_publish(exchange="direct_logs", routing_key=severity, body=message)
    connection.close()
    print(f" [x] Sent {severity}:{message}")


if __name__ == "__main__":
    main()
