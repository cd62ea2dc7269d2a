"""Publisher: send one log line to the exchange `logs`, for whoever is listening now."""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    message = " ".join(sys.argv[1:]) or "info: Hello World!"

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    # Publisher and subscribers all declare the exchange; the queues are the subscribers' affair.
    channel.exchange_declare(exchange="logs", exchange_type="fanout")

    channel.confirm_delivery()
    # A fanout exchange does not look at the routing key, so it stays empty.
    channel.basic_publish(exchange="logs", routing_key="", body=message)
    connection.close()
    print(f" [x] Sent {message}")


if __name__ == "__main__":
    main()
