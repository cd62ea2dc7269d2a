"""Receiver: a class, with a queue and a consumer for each severity."""

import os
import sys

import pika
from keep import keep
from topology import declare

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


class Receiver:
    def __init__(self, name):
        self.name = name
        self.queues = {}
        self.connection = pika.BlockingConnection(pika.URLParameters(URL))
        self.channel = self.connection.channel()
        declare(self.channel)
        self.channel.exchange_declare("control", exchange_type="direct", durable=True)

    def add(self, severity):
        if severity not in self.queues:
            queue = self.channel.queue_declare("", exclusive=True).method.queue
            self.channel.basic_consume(queue, self.on_line, auto_ack=True)
            self.queues[severity] = queue
        self.channel.queue_bind(self.queues[severity], "by_severity", routing_key=severity)

    def drop(self, severity):
        # The queue and its consumer stay, for what is on its way.
        if severity in self.queues:
            self.channel.queue_unbind(self.queues[severity], "by_severity", routing_key=severity)

    def on_line(self, channel, method, properties, body):
        keep(self.name, method.routing_key, body.decode())

    def on_command(self, channel, method, properties, body):
        verb, severity = body.decode().split()
        {"add": self.add, "drop": self.drop}[verb](severity)

    def run(self):
        commands = self.channel.queue_declare("", exclusive=True).method.queue
        self.channel.queue_bind(commands, "control", routing_key=self.name)
        self.channel.basic_consume(commands, self.on_command, auto_ack=True)
        self.channel.start_consuming()


if __name__ == "__main__":
    receiver = Receiver(sys.argv[1])
    for wanted in sys.argv[2:]:
        receiver.add(wanted)
    try:
        receiver.run()
    except KeyboardInterrupt:
        receiver.connection.close()
