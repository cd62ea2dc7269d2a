"""Takes tasks from the queue "tasks", as a loop over deliveries."""

import os

import pika
from job import do

with pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"])) as connection:
    channel = connection.channel()
    channel.queue_declare(queue="tasks", durable=True)
    channel.basic_qos(prefetch_count=1)
    for method, _, body in channel.consume(queue="tasks"):
        do(body.decode())
        channel.basic_ack(delivery_tag=method.delivery_tag)
