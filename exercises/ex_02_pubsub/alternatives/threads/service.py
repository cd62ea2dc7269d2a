"""Service: work in four threads; the connection stays with the thread that opened it."""

import functools
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pika
from handle import handle

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
WORKERS = 4


def main() -> None:
    service = sys.argv[1]
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="events", exchange_type="fanout", durable=True)
    channel.queue_declare(queue=service, durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_bind(exchange="events", queue=service)
    channel.basic_qos(prefetch_count=WORKERS)

    def work(delivery_tag, event):
        handle(service, event)
        ack = functools.partial(channel.basic_ack, delivery_tag=delivery_tag)
        connection.add_callback_threadsafe(ack)  # the one call that other threads may make

    pool = ThreadPoolExecutor(max_workers=WORKERS)

    def on_event(channel, method, properties, body):
        pool.submit(work, method.delivery_tag, body.decode())

    channel.basic_consume(queue=service, on_message_callback=on_event)
    print(f" [*] {service} is waiting for events. To exit press CTRL+C", flush=True)
    try:
        channel.start_consuming()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
