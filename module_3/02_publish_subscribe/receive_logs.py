"""Subscriber: print every log line that is published while this program runs."""

import os

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def show(channel, method, properties, body):
    print(f" [x] {body.decode()}", flush=True)


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="logs", exchange_type="fanout")

    # A queue of our own: the broker invents its name, and deletes it when we disconnect.
    result = channel.queue_declare(queue="", exclusive=True)
    queue_name = result.method.queue
    # From here on the exchange puts a copy of every message into this queue.
    channel.queue_bind(exchange="logs", queue=queue_name)

    # If this program dies its queue goes too, so an acknowledgement would save nothing.
    channel.basic_consume(queue=queue_name, on_message_callback=show, auto_ack=True)
    print(" [*] Waiting for logs. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass  # the connection closes with the process; the queue goes with the connection
