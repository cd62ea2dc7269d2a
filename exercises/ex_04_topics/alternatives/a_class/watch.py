"""Watcher: a class; its queue is removed by the broker after the last consumer."""

import os
import sys
import uuid

import pika
from report import expand, show

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


class BadPattern(Exception):
    pass


class Watcher:
    def __init__(self, name, patterns):
        self.name = name
        self.patterns = patterns
        for pattern in patterns:
            self.check(pattern)

    @staticmethod
    def check(pattern):
        words = pattern.split(".")
        wild = [word for word in words if "*" in word or "#" in word]
        if any(len(word) != 1 for word in wild):
            raise BadPattern(f"{pattern}: a wildcard is a word of its own")
        if len(pattern.encode("utf-8")) > 255:
            raise BadPattern(f"{pattern}: too long")
        if wild.count("#") > 2:
            raise BadPattern(f"{pattern}: too many #")
        if "#" not in wild and len(words) < 3:
            raise BadPattern(f"{pattern}: too short for a report")

    def on_report(self, channel, method, properties, body):
        show(self.name, method.routing_key, body.decode())
        channel.basic_ack(method.delivery_tag)

    def run(self):
        connection = pika.BlockingConnection(pika.URLParameters(URL))
        channel = connection.channel()
        channel.exchange_declare("feed", exchange_type="topic", durable=True)
        queue = f"watch-{uuid.uuid4()}"
        channel.queue_declare(queue, durable=True, auto_delete=True)
        for pattern in set(self.patterns):
            channel.queue_bind(queue, "feed", routing_key=pattern)
        channel.basic_qos(prefetch_count=20)
        channel.basic_consume(queue, self.on_report)
        channel.start_consuming()


if __name__ == "__main__":
    try:
        Watcher(sys.argv[1], expand(sys.argv[2:])).run()
    except BadPattern as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        pass
