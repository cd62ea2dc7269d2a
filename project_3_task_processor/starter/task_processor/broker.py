"""The connection, and what is declared on the broker. Names and types are yours to choose."""

import os
from urllib.parse import urlsplit

import pika

URL = "amqp://guest:guest@localhost:5672/%2F"


def url() -> str:
    return os.environ.get("RABBITMQ_URL", URL)


def place() -> str:
    """The broker's address, for a person: without the password."""
    parts = urlsplit(url())
    return f"{parts.hostname}:{parts.port or 5672}"


def delays() -> list[int]:
    """Seconds to wait after the first, second, ... attempt that failed."""
    return [
        int(part) for part in os.environ.get("TASK_PROCESSOR_RETRY_DELAYS", "1,5,30").split(",")
    ]


def connect() -> pika.BlockingConnection:
    return pika.BlockingConnection(pika.URLParameters(url()))


# Milestone 1: a function that opens a channel and declares the queue, for submit and worker.
