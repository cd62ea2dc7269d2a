"""Consumer: take orders from the queue `task_queue` and write their invoices."""

import os

import jobs
import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def work(channel, method, properties, body):
    order = body.decode()
    print(f" [x] Received {order}", flush=True)
    # TODO 1: do the job: total = jobs.do(order)
    # TODO 2: when may the broker forget this order?
    # TODO 6: and if jobs.do raises an exception?


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    # TODO 1: declare task_queue, with the same settings as submit.py, and consume from it.
    # TODO 3: how many orders may wait in this worker, while another one has nothing to do?
    # TODO 4: what happens in here when the broker restarts?
    # TODO 6: where do orders go that fail every time?
    print(" [*] Waiting for messages. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass  # the connection closes with the process; unacknowledged orders return
