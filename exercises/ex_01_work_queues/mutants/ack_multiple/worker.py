"""Consumer with two threads that work, while the main thread talks to the broker."""

import functools
import os
from concurrent.futures import ThreadPoolExecutor

import jobs
import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
THREADS = 2
ARGUMENTS = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 4,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "failed_tasks",
}
newest = 0


def acknowledge(channel, tag):
    global newest
    if tag > newest:
        newest = tag
        channel.basic_ack(tag, multiple=True)


def work(connection, channel, tag, order):
    try:
        jobs.do(order)
        settle = functools.partial(acknowledge, channel, tag)
    except Exception as error:
        print(f"{order}: {error}", flush=True)
        settle = functools.partial(channel.basic_reject, tag, requeue=True)
    # A channel belongs to the thread that runs its connection. This hands the call over to it.
    connection.add_callback_threadsafe(settle)


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.queue_declare(queue="task_queue", durable=True, arguments=ARGUMENTS)
    channel.queue_declare(queue="failed_tasks", durable=True)
    channel.basic_qos(prefetch_count=THREADS)  # as many orders as can be worked on at once
    with ThreadPoolExecutor(THREADS) as pool:

        def hand_over(channel, method, properties, body):
            pool.submit(work, connection, channel, method.delivery_tag, body.decode())

        channel.basic_consume(queue="task_queue", on_message_callback=hand_over)
        channel.start_consuming()


if __name__ == "__main__":
    main()
