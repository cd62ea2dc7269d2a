"""Listener: a for loop over consume()."""

import os

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    with pika.BlockingConnection(pika.URLParameters(URL)) as connection:
        channel = connection.channel()
        channel.exchange_declare(exchange="events", exchange_type="fanout", durable=True)
        queue = channel.queue_declare(queue="", exclusive=True).method.queue
        channel.queue_bind(exchange="events", queue=queue)
        for _method, _properties, body in channel.consume(queue=queue, auto_ack=True):
            print(f" [x] {body.decode()}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
