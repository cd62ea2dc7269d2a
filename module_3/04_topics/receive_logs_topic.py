"""Consumer: show the log lines whose routing key matches one of the binding keys given."""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def show(channel, method, properties, body):
    print(f" [x] {method.routing_key}:{body.decode()}", flush=True)


def main() -> None:
    binding_keys = sys.argv[1:]
    if not binding_keys:
        sys.exit("Usage: receive_logs_topic.py BINDING_KEY...")

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="topic_logs", exchange_type="topic")

    # A queue of our own, gone when we are: nobody wants the lines of a receiver that left.
    queue = channel.queue_declare(queue="", exclusive=True).method.queue
    for binding_key in binding_keys:
        # Bindings add up: a message that matches any of them comes, and comes once.
        channel.queue_bind(exchange="topic_logs", queue=queue, routing_key=binding_key)

    # A lost log line is bearable here, so no acknowledgements.
    channel.basic_consume(queue=queue, on_message_callback=show, auto_ack=True)
    print(" [*] Waiting for logs. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass  # the connection closes with the process, and the queue goes with it
