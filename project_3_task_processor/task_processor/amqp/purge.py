"""Deleting what waits, or everything that we have on the broker."""

import pika
import pika.exceptions

from task_processor.amqp import topology
from task_processor.amqp.connect import Session, parameters, session, why
from task_processor.amqp.names import Names
from task_processor.settings import Broker, BrokerError


def _waiting(on: Session, broker: Broker) -> list[str]:
    names = on.names
    return [names.tasks, *map(names.retry, broker.delays), names.crashed, names.dead]


def count(broker: Broker) -> dict[str, int]:
    """How many messages would go, by queue; none if the queues cannot even be declared."""
    try:
        with session(broker, "purge") as on:
            return {queue: on.count(queue)[0] for queue in _waiting(on, broker)}
    except BrokerError as error:
        if "cannot be declared" not in str(error):
            raise
        return {}


def purge(broker: Broker, everything: bool) -> str:
    """Delete the messages; with `everything` also the queues, the streams and the exchanges."""
    if everything:
        _delete_all(broker)
        return "All queues, streams and exchanges are deleted; the next command makes new ones."
    gone = 0
    with session(broker, "purge") as on:
        for queue in _waiting(on, broker):
            gone += on.channel.queue_purge(queue).method.message_count
    return f"{gone} messages are deleted. What workers hold goes on; the history of jobs stays."


def _delete_all(broker: Broker) -> None:
    names = Names(broker.prefix)
    try:
        with pika.BlockingConnection(parameters(broker.url, "purge")) as connection:
            channel = connection.channel()
            for queue in topology.queues(names, broker.delays, topology.NEWEST):
                channel.queue_delete(queue=queue.name)
            for exchange in (names.exchange, names.workers):
                channel.exchange_delete(exchange=exchange)
    except (pika.exceptions.AMQPError, OSError) as error:
        raise BrokerError(why(error, broker.url)) from None
