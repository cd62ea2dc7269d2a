"""Cancelling a job: one event, which all workers follow."""

import socket

from task_processor.amqp.connect import session
from task_processor.jobs import events, read
from task_processor.settings import Broker, NotYet


def cancel(broker: Broker, job: str) -> str:
    """What to tell the person. Raises NotYet if there is nothing to stop."""
    with session(broker, "cancel") as on:
        state = read.find(on, job)
        counts = state.counts()
        if state.cancelled_at is not None:
            raise NotYet(f"job {state.job.id} was cancelled before.")
        if state.finished:
            raise NotYet(f"job {state.job.id} is finished; there is nothing to cancel.")
        channel = on.connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(
            on.names.exchange,
            on.names.jobs,
            events.cancelled(state.job.id, socket.gethostname()),
            events.properties(None, state.job.id),
            mandatory=True,
        )
    return (
        f"Job {state.job.id} is cancelled: {counts['done']} of {state.job.total} are done and "
        "stay. Workers drop the rest when it reaches them."
    )
