"""Publisher: send one log line to the topic exchange `topic_logs`, labelled with a routing key."""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    routing_key = sys.argv[1] if len(sys.argv) > 1 else "anonymous.info"
    message = " ".join(sys.argv[2:]) or "Hello World!"

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="topic_logs", exchange_type="topic")

    # The publisher names facts, word by word: where it comes from, how bad it is.
    channel.basic_publish(exchange="topic_logs", routing_key=routing_key, body=message)
    connection.close()  # returns when the broker has seen all that was sent
    print(f" [x] Sent {routing_key}:{message}", flush=True)


if __name__ == "__main__":
    main()
