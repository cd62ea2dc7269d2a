"""`submit`: a message for each image; the job counts as submitted when the broker has them all."""

import sys

import pika.exceptions
from task_processor import broker, progress, tasks


def submit(paths: list[str], out: str, operations: str) -> int:
    """Print the job's id and return 0, or say how far it came and return 1."""
    job, planned = tasks.plan(paths, out, operations)
    connection = broker.connect()
    accepted = 0
    try:
        finished = progress.Job(connection, job).finished  # if it was submitted before
        channel = connection.channel()
        channel.confirm_delivery()
        broker.declare(channel, broker.log_of(job), {})
        broker.tell(channel, job, {"event": "submitted", "total": len(planned)})
        for task in planned:
            if task.number not in finished:
                broker.publish(channel, broker.TASKS, tasks.encode(task))
            accepted += 1
        connection.close()
    except pika.exceptions.AMQPError as error:
        # Some may be there without our knowing. To send them again does no harm: see worker.py.
        said = str(error) or type(error).__name__
        print(f"{accepted} of {len(planned)} tasks accepted, then: {said}", file=sys.stderr)
        print("Run the same command again: nothing is done twice.", file=sys.stderr)
        return 1
    print(f"{accepted} of {len(planned)} tasks accepted.", file=sys.stderr)
    print(job)
    return 0
