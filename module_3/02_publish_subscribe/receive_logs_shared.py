"""Subscriber with a mistake: its queue has a fixed name, so a second one shares the messages."""

import os

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def show(channel, method, properties, body):
    print(f" [x] {body.decode()}", flush=True)


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="logs", exchange_type="fanout")

    # The mistake: every subscriber declares the same name, and all find the same one queue.
    # auto_delete removes it after its last consumer, so that it does not fill up unread.
    channel.queue_declare(queue="shared_logs", durable=True, auto_delete=True)
    channel.queue_bind(exchange="logs", queue="shared_logs")

    channel.basic_consume(queue="shared_logs", on_message_callback=show, auto_ack=True)
    print(" [*] Waiting for logs. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
