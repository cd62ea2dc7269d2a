"""Listener: an auto-delete queue of a random name, and printing in a thread of its own."""

import os
import queue
import threading
import uuid

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def show(events):
    while True:
        print(f" [x] {events.get()}", flush=True)


def main() -> None:
    events = queue.SimpleQueue()
    threading.Thread(target=show, args=(events,), daemon=True).start()

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="events", exchange_type="fanout", durable=True)
    name = f"listener-{uuid.uuid4()}"
    channel.queue_declare(queue=name, durable=True, auto_delete=True)
    channel.queue_bind(exchange="events", queue=name)
    channel.basic_consume(
        queue=name,
        on_message_callback=lambda ch, method, properties, body: events.put(body.decode()),
        auto_ack=True,
    )
    print(" [*] Waiting for events. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
