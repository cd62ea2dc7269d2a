"""Publisher that wants to know: a log line that reaches no queue comes back as an error."""

import os
import sys

import pika
from pika.exceptions import UnroutableError

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    severity = sys.argv[1] if len(sys.argv) > 1 else "info"
    message = " ".join(sys.argv[2:]) or "Hello World!"

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="direct_logs", exchange_type="direct")

    # Only with confirms can pika raise: it waits for the broker's answer to each message.
    channel.confirm_delivery()
    try:
        channel.basic_publish(
            exchange="direct_logs",
            routing_key=severity,
            body=message,
            mandatory=True,  # into at least one queue, or back to me
        )
        outcome = f" [x] Sent {severity}:{message}"
    except UnroutableError as error:
        returned = error.messages[0]
        outcome = f" [!] Returned {severity}:{message} ({returned.method.reply_text})"
    connection.close()
    print(outcome)


if __name__ == "__main__":
    main()
