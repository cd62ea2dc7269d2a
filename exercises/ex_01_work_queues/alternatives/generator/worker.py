"""Consumer as a generator: all attempts are made here, then the order is rejected."""

import os

import jobs
import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
ARGUMENTS = {"x-dead-letter-exchange": "dead", "x-queue-type": "classic"}
ATTEMPTS = 3


def succeeds(order: str) -> bool:
    for _ in range(ATTEMPTS):
        try:
            jobs.do(order)
            return True
        except Exception as error:
            print(f"{order}: {error}", flush=True)
    return False


def main() -> None:
    channel = pika.BlockingConnection(pika.URLParameters(URL)).channel()
    channel.exchange_declare("dead", "fanout", durable=True)
    channel.queue_declare("failed_tasks", durable=True)
    channel.queue_bind("failed_tasks", "dead")
    channel.queue_declare("task_queue", durable=True, arguments=ARGUMENTS)
    channel.basic_qos(prefetch_count=1)
    # Ends with an exception when the broker is lost: whoever started this starts it again.
    for method, _, body in channel.consume("task_queue"):
        if succeeds(body.decode()):
            channel.basic_ack(method.delivery_tag)
        else:
            channel.basic_reject(method.delivery_tag, requeue=False)


if __name__ == "__main__":
    main()
