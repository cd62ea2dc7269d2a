"""Given: tell a running receiver which severities to add or drop."""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    if len(sys.argv) != 4 or sys.argv[2] not in ("add", "drop"):
        sys.exit("Usage: control.py NAME add|drop SEVERITY")
    name, verb, severity = sys.argv[1:]

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="control", exchange_type="direct", durable=True)
    channel.confirm_delivery()
    try:
        channel.basic_publish(
            exchange="control", routing_key=name, body=f"{verb} {severity}", mandatory=True
        )
        print(f" [x] Told {name}: {verb} {severity}")
    except pika.exceptions.UnroutableError:
        print(f" [!] No receiver called {name} is listening")
    connection.close()


if __name__ == "__main__":
    main()
