"""Takes tasks from the queue "tasks", and works in a thread beside the connection's."""

import functools
import os
import threading

import pika
from job import do


def work(connection, channel, method, body):
    do(body.decode())
    ack = functools.partial(channel.basic_ack, delivery_tag=method.delivery_tag)
    connection.add_callback_threadsafe(ack)


connection = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"]))
channel = connection.channel()
channel.queue_declare(queue="tasks", durable=True)
channel.basic_qos(prefetch_count=1)
channel.basic_consume(
    queue="tasks",
    on_message_callback=lambda channel, method, properties, body: threading.Thread(
        target=work, args=(connection, channel, method, body), daemon=True
    ).start(),
)
channel.start_consuming()
