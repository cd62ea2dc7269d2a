"""Publishing tasks with asynchronous confirms, and without any, by the same connection class."""

import asyncio
import time

import pika
from project_bench import PROJECT  # noqa: F401  makes task_processor importable
from task_processor import codec
from task_processor.amqp.connect import session
from task_processor.amqp.link import Link
from task_processor.codec import Task
from task_processor.settings import Broker
from task_processor.submit.publish import MOST_UNSENT, PIECE, Sender

JOB = "0123456789abcdef"


def tasks(numbers):
    """Tasks with the size that real ones have."""
    for number in numbers:
        target = f"/srv/photos/thumbs/summer-{number:06}.webp"
        source = f"/srv/photos/in/summer-{number:06}.jpg"
        yield Task(JOB, number, source, target, "thumbnail:512,convert:webp", "0" * 64)


def publish(url: str, count: int, confirms: bool) -> float:
    """Messages per second until the queue has them all."""
    broker = Broker(url)
    with session(broker, "bench") as on:
        on.channel.queue_purge(on.names.tasks)
        started = time.perf_counter()
        if confirms:
            numbers = list(range(1, count + 1))
            sending = Sender(broker, JOB, tasks, numbers, 4).send()
            if sending.left:
                raise SystemExit(sending.problem)
        else:
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(_without(broker, on.names.exchange, on.names.tasks, count))
            while on.count(on.names.tasks)[0] < count:
                pass
        return count / (time.perf_counter() - started)


async def _without(broker: Broker, exchange: str, key: str, count: int) -> None:
    link = await Link.connect(broker.url, "bench", lambda error: None, lambda reason: None)
    for sent, task in enumerate(tasks(range(1, count + 1)), 1):
        properties = pika.BasicProperties(
            content_type=codec.CONTENT_TYPE,
            delivery_mode=2,
            message_id=task.key,
            correlation_id=task.job,
            priority=4,
            type=codec.TYPE,
        )
        link.channel.basic_publish(exchange, key, codec.encode(task), properties, mandatory=True)
        if sent % PIECE == 0:
            await asyncio.sleep(0)
            while link.connection.unsent_bytes > MOST_UNSENT:
                await asyncio.sleep(0.001)
    await link.close(30)
