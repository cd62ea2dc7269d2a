"""`worker`: takes tasks, does them in threads, and acknowledges each when its outcome is safe.

An outcome is safe when the output is in place and the broker has confirmed the event, the retry or
the dead letter. A worker that is killed before that leaves its tasks unacknowledged: the broker
delivers them again, and what is done a second time changes nothing.
"""

import queue
import random
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import pika
import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel
from task_processor import broker, tasks
from task_processor.errors import TaskError

Outcome = Callable[[BlockingChannel], None]
PREFETCH = 4  # for each thread: enough to keep it busy, little enough to leave some to others
DRAIN_SECONDS = 20


class Worker:
    """One worker. Threads do the pixels; the main thread alone talks to the broker."""

    def __init__(self, threads: int, roots: list[str]) -> None:
        self.threads = threads
        self.roots = roots
        self.stopping = False
        self.pool = ThreadPoolExecutor(threads)  # Pillow lets go of the GIL while it computes
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)

    def stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def run(self) -> None:
        """Work until told to stop, on one connection after the other."""
        failures = 0
        while not self.stopping:
            began = time.monotonic()
            try:
                with broker.connect() as connection:
                    self.work(connection)
            except (pika.exceptions.AMQPError, OSError) as error:
                failures = 0 if time.monotonic() - began > 5 else failures + 1
                wait = min(10, 0.2 * 2**failures) * random.uniform(0.5, 1)  # noqa: S311
                print(f"lost the broker ({error!r}); again in {wait:.1f} s", file=sys.stderr)
                time.sleep(wait)
        self.pool.shutdown(cancel_futures=True)

    def work(self, connection: pika.BlockingConnection) -> None:
        channel = broker.open_channel(connection)
        channel.basic_qos(prefetch_count=PREFETCH * self.threads)
        # Of this connection only: what comes from a lost one's tasks finds nobody to tell.
        outcomes: queue.SimpleQueue[tuple[int, Outcome]] = queue.SimpleQueue()
        held: set[int] = set()

        def on_message(
            _: object, method: object, properties: pika.BasicProperties, body: bytes
        ) -> None:
            if self.stopping:
                return  # it was on its way; it returns when the channel closes
            tag = method.delivery_tag
            held.add(tag)
            attempt = (properties.headers or {}).get("attempt", 1)
            self.pool.submit(lambda: outcomes.put((tag, self.outcome(body, attempt))))

        consumer = channel.basic_consume(broker.TASKS, on_message)
        deadline = float("inf")
        while held or not self.stopping:
            connection.process_data_events(time_limit=0.02)
            while not outcomes.empty():
                tag, publish = outcomes.get()
                publish(channel)  # first the news, confirmed; then the acknowledgement
                channel.basic_ack(tag)
                held.remove(tag)
            if self.stopping and deadline == float("inf"):
                channel.basic_cancel(consumer)
                deadline = time.monotonic() + DRAIN_SECONDS
            if time.monotonic() > deadline:
                return

    def outcome(self, body: bytes, attempt: int) -> Outcome:
        """Do a task, in a thread; what is to be published about it, in the main thread."""
        task = None
        try:
            task = tasks.decode(body)
            done = tasks.do(task, self.roots)
        except TaskError as error:
            delays = broker.delays()
            if task is not None and error.transient and attempt <= len(delays):
                return lambda channel: broker.publish(
                    channel,
                    broker.retry_queue(delays[attempt - 1]),
                    body,
                    {"attempt": attempt + 1},
                )
            why = {"reason": error.reason, "message": error.message, "attempts": attempt}
            return lambda channel: broker.publish(channel, broker.DEAD, body, why)
        event = {"event": "done", "number": task.number, "source": task.source}
        event |= {"target": done.target, "sha256": done.sha256}
        return lambda channel: broker.tell(channel, task.job, event)


def run(threads: int, roots: list[str]) -> int:
    """Run a worker until it is told to stop."""
    Worker(threads, ["."]).run()
    return 0
