"""Publisher: everything, or an exception, which makes the exit code 1."""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
ARGUMENTS = {"x-dead-letter-exchange": "dead", "x-queue-type": "classic"}

with pika.BlockingConnection(pika.URLParameters(URL)) as connection:
    channel = connection.channel()
    channel.queue_declare("task_queue", durable=True, arguments=ARGUMENTS)
    channel.confirm_delivery()
    persistent = pika.BasicProperties(delivery_mode=2)
    for order in sys.argv[1:]:
        channel.basic_publish("", "task_queue", order.encode(), persistent, mandatory=True)
