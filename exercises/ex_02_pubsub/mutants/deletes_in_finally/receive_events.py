"""Listener: show every event while this program runs, and leave nothing behind."""

import os
import uuid

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def show(channel, method, properties, body):
    print(f" [x] {body.decode()}", flush=True)


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="events", exchange_type="fanout", durable=True)

    queue_name = f"listener-{uuid.uuid4()}"
    channel.queue_declare(queue=queue_name, durable=True)
    channel.queue_bind(exchange="events", queue=queue_name)

    channel.basic_consume(queue=queue_name, on_message_callback=show, auto_ack=True)
    print(" [*] Waiting for events. To exit press CTRL+C", flush=True)
    try:
        channel.start_consuming()
    finally:
        channel.queue_delete(queue=queue_name)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
