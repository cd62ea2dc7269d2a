"""What the broker counts and keeps must be nothing when everybody has gone."""

from __future__ import annotations

import asyncio
import random
import time

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from burrow.broker import Broker, url

SEEDS = (1, 2, 3)
KINDS: tuple[dict[str, object], ...] = (
    {},
    {"x-max-length": 3, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "q0"},
    {"x-message-ttl": 1, "x-dead-letter-exchange": "amq.fanout"},
    {"x-max-priority": 3, "x-max-length": 2, "x-overflow": "reject-publish"},
    {"x-queue-type": "quorum", "x-delivery-limit": 1, "x-dead-letter-exchange": "amq.fanout"},
    {"x-queue-type": "quorum", "x-delayed-retry-type": "all", "x-delayed-retry-min": 5},
)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_use_no_message_is_left_behind(seed: int) -> None:
    print("seed", seed)

    async def run() -> tuple[int, int, int]:
        broker = Broker()
        await broker.start()
        await asyncio.to_thread(_use, url(broker.port), random.Random(seed))
        deadline = time.monotonic() + 5
        while broker.connections and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await broker.stop()
        queues = sum(len(vhost.queues) for vhost in broker.vhosts.values())
        return broker.memory, queues, len(broker.replies)

    assert asyncio.run(run()) == (0, 0, 0)


def _use(address: str, chance: random.Random) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(address))
    channel = connection.channel()
    for number, arguments in enumerate(KINDS):
        channel.queue_declare(f"q{number}", durable=True, arguments=arguments)
    channel.queue_bind("q0", "amq.fanout")
    channel.basic_consume("amq.rabbitmq.reply-to", lambda *_: None, auto_ack=True)
    channels = [connection.channel() for _ in range(3)]
    tags: dict[BlockingChannel, list[int]] = {one: [] for one in channels}
    for _ in range(400):
        step, one = chance.random(), chance.choice(channels)
        queue = f"q{chance.randrange(len(KINDS))}"
        if step < 0.5:
            properties = pika.BasicProperties(
                priority=chance.randrange(5), expiration=chance.choice([None, "0", "3", "1000"])
            )
            one.basic_publish("", queue, b"x" * chance.randrange(50), properties)
        elif step < 0.75:
            auto_ack = chance.random() < 0.3
            method, _, _ = one.basic_get(queue, auto_ack=auto_ack)
            if method is not None and not auto_ack:
                tags[one].append(method.delivery_tag)
        elif tags[one]:
            tag = tags[one].pop(chance.randrange(len(tags[one])))
            chance.choice([one.basic_ack, one.basic_reject, one.basic_nack])(tag)
    if chance.random() < 0.5:
        channels[0].close()
    for number in range(len(KINDS)):
        connection.channel().queue_delete(f"q{number}")
    connection.close()
