"""Takes tasks from the queue "tasks"."""

import os

import pika
from job import do


def on_message(channel, method, properties, body):
    do(body.decode())


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"]))
    channel = connection.channel()
    channel.queue_declare(queue="tasks", durable=True)
    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue="tasks", on_message_callback=on_message, auto_ack=True)
    channel.start_consuming()


main()
