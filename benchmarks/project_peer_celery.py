"""Celery with the guarantees that we give: late acks, quorum queue, persistent, confirms.

python project_peer_celery.py publish COUNT | images LIST     (the worker: celery -A ... worker)
"""

import os
import sys

from celery import Celery

QUEUE = "bench-celery"
app = Celery("bench", broker=os.environ["BENCH_URL"])
app.conf.update(
    task_acks_late=True,
    task_default_queue=QUEUE,
    task_default_queue_type="quorum",
    task_ignore_result=True,
    worker_detect_quorum_queues=True,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_prefetch_multiplier=int(os.environ.get("BENCH_PREFETCH", "100")),
    broker_connection_retry_on_startup=True,
    broker_transport_options={"confirm_publish": True},
)


@app.task(name="noop")  # by the function's name it would depend on how this file was started
def noop(job, number, source, target, operations, content_hash):
    """Nothing, with the arguments of a task of ours."""


@app.task(name="image")
def image(source, target, operations, content_hash, root):
    """One image, with the same code as ours."""
    from task_processor.images.limits import Limits
    from task_processor.images.process import Work, run
    from task_processor.storage.roots import Roots

    run(Work(source, target, operations, content_hash), Roots((root,), (root,)), Limits())


def main() -> None:
    if sys.argv[1] == "publish":
        for number in range(int(sys.argv[2])):
            noop.delay("0123456789abcdef", number, "/in/x.jpg", "/out/x.jpg", "grayscale", "0" * 64)
    else:
        import json
        from pathlib import Path

        for arguments in json.loads(Path(sys.argv[2]).read_text()):
            image.delay(*arguments)


if __name__ == "__main__":
    main()
