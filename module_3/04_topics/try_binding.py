"""Ask the broker: which routing keys does this binding key take? Without any, the odd ones."""

import os
import sys

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
ODD_KEYS = ["", "a", "a.b", "a..b", "a.x.b", "a.x.y.b"]


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("Usage: try_binding.py BINDING_KEY [ROUTING_KEY...]")
    binding_key, *routing_keys = sys.argv[1:]

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.confirm_delivery()
    # auto_delete: the exchange goes when its last queue does.
    channel.exchange_declare(exchange="try_binding", exchange_type="topic", auto_delete=True)
    queue = channel.queue_declare(queue="", exclusive=True).method.queue
    try:
        channel.queue_bind(exchange="try_binding", queue=queue, routing_key=binding_key)
    except pika.exceptions.ChannelClosedByBroker as error:
        print(f" [!] {error.reply_code} {error.reply_text}", flush=True)
        connection.channel().exchange_delete(exchange="try_binding")  # that channel is closed
        return

    takes, leaves = [], []
    for key in routing_keys or ODD_KEYS:
        try:
            # mandatory: a message that no binding takes comes back, as an exception.
            channel.basic_publish(exchange="try_binding", routing_key=key, body=b"", mandatory=True)
            takes.append(repr(key))
        except pika.exceptions.UnroutableError:
            leaves.append(repr(key))
    connection.close()
    print(" takes ", *takes, flush=True)
    print(" leaves", *leaves, flush=True)


if __name__ == "__main__":
    main()
