"""Consumer: take orders from the queue `task_queue` and write their invoices."""

import os
import time

import jobs
import pika
import pika.exceptions

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
ARGUMENTS = {
    "x-queue-type": "quorum",
    # The broker counts: one delivery and four more, then the order becomes a dead letter ...
    "x-delivery-limit": 4,
    # ... which the default exchange routes to the queue of this name.
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "failed_tasks",
}


def work(channel, method, properties, body):
    order = body.decode()[:14]
    print(f" [x] Received {order}", flush=True)
    try:
        total = jobs.do(order)
    except Exception as error:  # of any kind: one bad order must not stop the worker
        print(f" [!] {order}: {error}", flush=True)
        # Not basic_nack: since RabbitMQ 4.3 that means "somebody else, please", and does not count.
        channel.basic_reject(delivery_tag=method.delivery_tag, requeue=True)
        return
    # The invoice is written: now, and not before, the broker may forget the order.
    channel.basic_ack(delivery_tag=method.delivery_tag)
    print(f" [x] Done {order}: {total}", flush=True)


def consume() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.queue_declare(queue="task_queue", durable=True, arguments=ARGUMENTS)
    # A dead letter for which there is no queue is dropped without a word, so make it here.
    channel.queue_declare(queue="failed_tasks", durable=True, arguments={"x-queue-type": "quorum"})
    # At most one unacknowledged order here: the next one goes to whoever is free.
    # Before basic_consume, because it holds for consumers that come after it.
    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue="task_queue", on_message_callback=work)
    print(" [*] Waiting for messages. To exit press CTRL+C", flush=True)
    channel.start_consuming()


def main() -> None:
    while True:
        try:
            consume()
        except pika.exceptions.AMQPConnectionError:
            # The broker restarts, or the network broke. A channel does not come back by itself:
            # everything is made anew, and what was not acknowledged is delivered again.
            print(" [!] Lost the broker, trying again", flush=True)
            time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass  # the connection closes with the process; unacknowledged orders return
