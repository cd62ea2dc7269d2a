"""Publisher: put orders into the queue `task_queue`. Usage: submit.py ORDER [ORDER ...]"""

import os
import sys

import pika
import pika.exceptions

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
# Whoever starts first makes the queue, so worker.py has exactly the same settings. What they mean
# for an order that fails stands there.
ARGUMENTS = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 4,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "failed_tasks",
}


def main() -> int:
    # One connection for the whole batch: opening one takes far longer than publishing.
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.queue_declare(queue="task_queue", durable=True, arguments=ARGUMENTS)
    # From here on basic_publish returns only once the broker has the order, and raises if not.
    channel.confirm_delivery()
    missing = 0
    for order in sys.argv[1:]:
        try:
            channel.basic_publish(
                exchange="",
                routing_key="task_queue",
                body=order,
                # A quorum queue writes to disk anyway. This keeps it true for a classic queue.
                properties=pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent),
                # Without this an order that no queue took is confirmed, and gone.
                mandatory=True,
            )
            print(f" [x] Sent {order}", flush=True)
        except pika.exceptions.NackError:
            print(f" [x] Sent {order}, the broker will take it later", flush=True)
        except pika.exceptions.UnroutableError as problem:
            # Only this order failed. The others still have a chance; the exit code will tell.
            print(f" [!] Not sent: {order} ({type(problem).__name__})", flush=True)
            missing += 1
    connection.close()
    return 1 if missing else 0


if __name__ == "__main__":
    # A lost connection is not caught: it ends the program with a message and exit code 1, which
    # is what whoever started it must know. Were these orders sent? Nobody can say; send them again.
    sys.exit(main())
