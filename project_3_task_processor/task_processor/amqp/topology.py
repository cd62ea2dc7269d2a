"""Everything we declare on the broker, as data: printed by `topology`, declared by everyone.

Declaring is idempotent, so every program declares all of it before it begins.
"""

from dataclasses import dataclass, field
from typing import Any

import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

from task_processor.amqp.features import Features
from task_processor.amqp.names import Names
from task_processor.settings import BrokerError

DELIVERY_LIMIT = 50  # a net below our own count of attempts: whole workers that die count, too
SEGMENT = 50_000_000
KEEP = "90D"
RESULTS_BYTES = 20_000_000_000

NEWEST = Features("RabbitMQ", (4, 3))

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Queue:
    """A queue or stream, what it is for, and its arguments."""

    name: str
    purpose: str
    arguments: Arguments = field(default_factory=dict)


def dead_lettering(exchange: str, key: str) -> Arguments:
    """At least once: the broker keeps the message until the next queue has confirmed it.

    Needs `overflow: reject-publish` (https://www.rabbitmq.com/docs/quorum-queues).
    """
    return {
        "x-dead-letter-exchange": exchange,
        "x-dead-letter-routing-key": key,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def queues(names: Names, delays: tuple[int, ...], features: Features) -> list[Queue]:
    """All queues and streams."""
    quorum: Arguments = {"x-queue-type": "quorum"}
    endless = {"x-delivery-limit": -1} if features.unlimited_deliveries else {}
    stream: Arguments = {
        "x-queue-type": "stream",
        "x-max-age": KEEP,
        "x-stream-max-segment-size-bytes": SEGMENT,
    }
    return [
        Queue(
            names.tasks,
            "tasks that wait for a worker",
            quorum
            | {"x-delivery-limit": DELIVERY_LIMIT}
            | dead_lettering(names.exchange, names.crashed),
        ),
        *(
            Queue(
                names.retry(delay),
                f"tasks that are tried again {delay} s later",
                quorum
                | {"x-message-ttl": delay * 1000}
                | dead_lettering(names.exchange, names.tasks),
            )
            for delay in sorted(set(delays))
        ),
        Queue(names.crashed, f"tasks returned more than {DELIVERY_LIMIT} times", quorum | endless),
        Queue(names.dead, "tasks that a person must look at", quorum | endless),
        Queue(names.jobs, "stream: jobs submitted and cancelled", stream),
        Queue(names.progress, "stream: which tasks are done", stream),
        Queue(
            names.results,
            "stream: outputs and failures, one by one",
            stream | {"x-max-length-bytes": RESULTS_BYTES},
        ),
    ]


def declare(
    channel: BlockingChannel, names: Names, delays: tuple[int, ...], features: Features
) -> list[Queue]:
    """Declare everything. Raises BrokerError if something of that name is there but different."""
    declared = queues(names, delays, features)
    name = names.exchange
    try:
        channel.exchange_declare(exchange=name, exchange_type="direct", durable=True)
        channel.exchange_declare(exchange=names.workers, exchange_type="fanout", durable=True)
        for queue in declared:
            name = queue.name
            channel.queue_declare(queue=name, durable=True, arguments=queue.arguments)
            channel.queue_bind(queue=name, exchange=names.exchange, routing_key=name)
    except pika.exceptions.ChannelClosedByBroker as error:
        if error.reply_code == 403:
            remedy = f"Give the user configure, write and read for ^{names.prefix}"
        else:
            remedy = (
                "If an older version of this program made it, `purge --everything` deletes it; "
                "another --prefix leaves it alone"
            )
        raise BrokerError(f"{name} cannot be declared: {error.reply_text}. {remedy}") from None
    return declared
