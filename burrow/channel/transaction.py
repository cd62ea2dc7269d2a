"""What a channel holds: deliveries until they are settled, and a transaction until its commit.

AMQP 0-9-1 section 1.9; RabbitMQ docs, "AMQP 0-9-1 Broker Semantics".
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from burrow.errors import AmqpError
from burrow.message import Message
from burrow.queue.classic import Queue
from burrow.queue.consumers import Consumer
from burrow.queue.ready import Entry


class Delivery(NamedTuple):
    """A message that a client holds: from which queue, and through which consumer if any."""

    queue: Queue
    entry: Entry
    consumer: Consumer | None


class Settlement(NamedTuple):
    """Deliveries, by tag, that are acknowledged (ack), dropped (reject) or returned (requeue).

    `failed` means that a return counts towards a quorum queue's delivery limit.
    """

    deliveries: dict[int, Delivery]
    how: str
    failed: bool


class Publish(NamedTuple):
    """A message with the queues that its route led to."""

    message: Message
    queues: tuple[Queue, ...]
    mandatory: bool

    def check(self) -> None:
        """Raises 506 when one of the queues has gone, in Erlang's words, line breaks and all."""
        for queue in self.queues:
            if queue.deleted:
                where = f'resource,<<"{queue.vhost.name}">>,queue,\n{" " * 35}<<"{queue.name}">>'
                why = f"{{not_found,\n{' ' * 31}{{{where}}}}}"
                raise AmqpError(506, f"failed to deliver message: {why}")


@dataclass
class Transaction:
    """What waits for tx.commit."""

    publishes: list[Publish] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
