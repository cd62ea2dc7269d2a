"""Takes tasks from the queue "tasks", as a class."""

import os

import pika
from job import do


class Worker:
    def __init__(self, url):
        self.connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel = self.connection.channel()
        self.channel.queue_declare("tasks", durable=True)
        self.channel.basic_qos(prefetch_count=1)
        self.channel.basic_consume("tasks", self.handle)

    def handle(self, channel, method, properties, body):
        do(body.decode())
        channel.basic_ack(method.delivery_tag)

    def run(self):
        self.channel.start_consuming()


Worker(os.environ["RABBITMQ_URL"]).run()
