"""Takes tasks from the queue "tasks"."""

import os

import pika


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"]))
    channel = connection.channel()
    # TODO 1: take every message from the queue "tasks", and do() it
    channel.start_consuming()


main()
