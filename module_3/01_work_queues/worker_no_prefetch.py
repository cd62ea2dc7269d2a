"""Consumer with no prefetch limit: the broker hands it tasks that it cannot start yet."""

import os
import time

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def work(channel, method, properties, body):
    task = body.decode()
    again = " (redelivered)" if method.redelivered else ""
    print(f" [x] Received {task}{again}", flush=True)
    time.sleep(task.count("."))  # every dot is one second of work
    # The work is done: now, and not before, the broker may forget the task.
    channel.basic_ack(delivery_tag=method.delivery_tag)
    print(f" [x] Done {task}", flush=True)


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.queue_declare(queue="task_queue", durable=True, arguments={"x-queue-type": "quorum"})

    channel.basic_consume(queue="task_queue", on_message_callback=work)
    print(" [*] Waiting for messages. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass  # the connection closes with the process; unacknowledged tasks return
