"""Consumer that asks for one order at a time with basic_get. Wasteful when idle, and right."""

import os
import time

import jobs
import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
ARGUMENTS = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 4,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "failed_tasks",
}


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.queue_declare(queue="task_queue", durable=True, arguments=ARGUMENTS)
    channel.queue_declare(queue="failed_tasks", durable=True)
    while True:
        method, _, body = channel.basic_get(queue="task_queue")
        if method is None:
            connection.sleep(0.1)  # not time.sleep: heartbeats go on
            continue
        try:
            jobs.do(body.decode())
        except Exception as error:
            print(f"{body!r}: {error}", flush=True)
            time.sleep(0.05)
            channel.basic_reject(method.delivery_tag, requeue=True)
        else:
            channel.basic_ack(method.delivery_tag)


if __name__ == "__main__":
    main()
