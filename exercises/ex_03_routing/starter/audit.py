"""Consumer: keep every log line, whoever asked for it, and if nobody did."""

import os

import pika
from keep import keep
from topology import declare

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
QUORUM = {"x-queue-type": "quorum"}


def on_line(channel, method, properties, body):
    keep("audit", method.routing_key, body.decode())
    channel.basic_ack(delivery_tag=method.delivery_tag)


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    declare(channel)
    # TODO 3: nothing leads into this queue yet.
    channel.queue_declare(queue="audit_logs", durable=True, arguments=QUORUM)

    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue="audit_logs", on_message_callback=on_line)
    print(" [*] Waiting for audit lines. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
