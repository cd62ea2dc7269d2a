"""Publisher: put one task into the queue `task_queue` and wait until the broker has it."""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    task = " ".join(sys.argv[1:]) or "Hello World!"

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    # Publisher and worker both declare the queue: whoever starts first makes it.
    channel.queue_declare(queue="task_queue", durable=True, arguments={"x-queue-type": "quorum"})

    # From here on basic_publish returns only once the broker has confirmed the message.
    channel.confirm_delivery()
    channel.basic_publish(
        exchange="",
        routing_key="task_queue",
        body=task,
        properties=pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent),
        mandatory=True,  # no queue of that name? Then raise an error, don't drop the task.
    )
    print(f" [x] Sent {task}")
    connection.close()


if __name__ == "__main__":
    main()
