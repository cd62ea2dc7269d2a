"""Dramatiq with the guarantees that we give; its acks are late and its messages persistent always.

    python project_peer_dramatiq.py publish COUNT | images LIST    (the worker: dramatiq ...)

The vhost's default queue type is quorum, so its queues are, too.
"""

import os
import sys

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker

QUEUE = "bench-dramatiq"
dramatiq.set_broker(RabbitmqBroker(url=os.environ["BENCH_URL"], confirm_delivery=True))


@dramatiq.actor(queue_name=QUEUE)
def noop(job, number, source, target, operations, content_hash):
    """Nothing, with the arguments of a task of ours."""


@dramatiq.actor(queue_name=QUEUE)
def image(source, target, operations, content_hash, root):
    """One image, with the same code as ours."""
    from task_processor.images.limits import Limits
    from task_processor.images.process import Work, run
    from task_processor.storage.roots import Roots

    run(Work(source, target, operations, content_hash), Roots((root,), (root,)), Limits())


def main() -> None:
    if sys.argv[1] == "publish":
        for number in range(int(sys.argv[2])):
            noop.send("0123456789abcdef", number, "/in/x.jpg", "/out/x.jpg", "grayscale", "0" * 64)
    else:
        import json
        from pathlib import Path

        for arguments in json.loads(Path(sys.argv[2]).read_text()):
            image.send(*arguments)


if __name__ == "__main__":
    main()
