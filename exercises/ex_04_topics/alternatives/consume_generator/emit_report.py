"""Publisher: let pika find out what is too long."""

import os
import sys

import pika
from pika.exceptions import ShortStringTooLong
from report import parse

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def main() -> None:
    refused = []
    with pika.BlockingConnection(pika.URLParameters(URL)) as connection:
        channel = connection.channel()
        channel.exchange_declare("feed", exchange_type="topic", durable=True)
        for *words, text in map(parse, sys.argv[1:]):
            try:
                channel.basic_publish("feed", ".".join(words), text)
            except ShortStringTooLong:
                refused.append(text)
    if refused:
        sys.exit(f"Not sent, their keys are too long: {', '.join(refused)}")


if __name__ == "__main__":
    main()
