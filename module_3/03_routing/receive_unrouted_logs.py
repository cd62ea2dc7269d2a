"""Consumer: look through the log lines that no binding of `routed_logs` wanted."""

import os

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
QUORUM = {"x-queue-type": "quorum"}


def show(channel, method, properties, body):
    # The message still has the routing key that its publisher gave it.
    print(f" [!] Unrouted {method.routing_key}:{body.decode()}", flush=True)
    channel.basic_ack(delivery_tag=method.delivery_tag)


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="unrouted_logs", exchange_type="fanout", durable=True)
    channel.queue_declare(queue="unrouted_logs", durable=True, arguments=QUORUM)
    channel.queue_bind(exchange="unrouted_logs", queue="unrouted_logs")

    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue="unrouted_logs", on_message_callback=show)
    print(" [*] Waiting for unrouted logs. To exit press CTRL+C", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
