"""Service: handle every event. Instances that are started with the same NAME share the work."""

import os
import sys

import pika
from handle import handle

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Usage: service.py NAME")
    service = sys.argv[1]

    def on_event(channel, method, properties, body):
        handle(service, body.decode())

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    # TODO 1: which queue makes every service get every event?
    # TODO 2: and which makes two instances of one service share them?
    channel.queue_declare(queue="events", durable=True, arguments={"x-queue-type": "quorum"})

    # TODO 3: how many events may wait inside a slow instance?
    # TODO 4: when may the broker forget an event?
    channel.basic_consume(queue="events", on_message_callback=on_event, auto_ack=True)
    print(f" [*] {service} is waiting for events. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
