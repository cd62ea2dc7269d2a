"""Subscriber to `routed_logs`, for the severities that are given as arguments."""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def show(channel, method, properties, body):
    print(f" [x] {method.routing_key}:{body.decode()}", flush=True)


def main() -> None:
    severities = sys.argv[1:]
    if not severities:
        sys.exit("Usage: receive_routed_logs.py [info] [warning] [error]")

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    # Everyone who declares this exchange names the same alternate: the settings must agree.
    channel.exchange_declare(
        exchange="routed_logs",
        exchange_type="direct",
        durable=True,
        arguments={"alternate-exchange": "unrouted_logs"},
    )

    result = channel.queue_declare(queue="", exclusive=True)
    queue_name = result.method.queue
    for severity in severities:
        channel.queue_bind(exchange="routed_logs", queue=queue_name, routing_key=severity)

    channel.basic_consume(queue=queue_name, on_message_callback=show, auto_ack=True)
    print(" [*] Waiting for logs. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
