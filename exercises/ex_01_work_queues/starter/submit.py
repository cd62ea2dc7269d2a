"""Publisher: put orders into the queue `task_queue`. Usage: submit.py ORDER [ORDER ...]"""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    # TODO 1: declare the queue task_queue, which must be there even before the first worker is.

    # TODO 5: ask for a word from the broker on each order, and end with exit code 1 without it.
    for order in sys.argv[1:]:
        # TODO 1: publish the order, which is text, to task_queue.
        # TODO 4: what does a message need to survive a restart of the broker?
        print(f" [ ] Not sent yet: {order}")
    connection.close()


if __name__ == "__main__":
    main()
