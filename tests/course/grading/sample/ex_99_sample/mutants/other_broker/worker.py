"""Takes tasks from the queue "tasks"."""

import os

import pika
from job import do


def on_message(channel, method, properties, body):
    do(body.decode())
    channel.basic_ack(delivery_tag=method.delivery_tag)  # only now: the work is done


SERVER = "amqp://guest:guest@127.0.0.1:1/"


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(SERVER))
    channel = connection.channel()
    channel.queue_declare(queue="tasks", durable=True)
    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue="tasks", on_message_callback=on_message)
    channel.start_consuming()


main()
