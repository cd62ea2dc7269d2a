"""What pika users do: transactions, single active consumer, flow of many messages."""

from __future__ import annotations

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel


@pytest.fixture
def channel(burrow_url: str) -> BlockingChannel:
    return pika.BlockingConnection(pika.URLParameters(burrow_url)).channel()


def _queue(channel: BlockingChannel, **arguments: object) -> str:
    named = {"x-" + key.replace("_", "-"): value for key, value in arguments.items()}
    return str(channel.queue_declare("", exclusive=True, arguments=named).method.queue)


def test_a_rolled_back_ack_is_outstanding_again(channel: BlockingChannel) -> None:
    queue = _queue(channel)
    channel.basic_publish("", queue, b"one")
    channel.tx_select()
    method, _, _ = channel.basic_get(queue)
    channel.basic_ack(method.delivery_tag)
    channel.basic_publish("", queue, b"two")
    channel.tx_rollback()
    channel.basic_ack(method.delivery_tag)
    channel.tx_commit()
    assert channel.queue_declare(queue, passive=True).method.message_count == 0


def test_a_large_message_is_cut_into_frames_and_put_together(channel: BlockingChannel) -> None:
    queue = _queue(channel)
    body = bytes(range(256)) * 4096
    channel.basic_publish("", queue, body)
    assert channel.basic_get(queue, auto_ack=True)[2] == body


def test_names_that_are_not_ascii_work(channel: BlockingChannel) -> None:
    name = "naïve ☃ queue"
    declared = channel.queue_declare(name, exclusive=True).method.queue
    assert declared == name
    channel.basic_publish("", name, b"x")
    assert channel.basic_get(name, auto_ack=True)[0].routing_key == name


def test_ten_thousand_messages_keep_their_order(channel: BlockingChannel) -> None:
    queue = _queue(channel)
    channel.basic_qos(prefetch_count=100)
    for number in range(10_000):
        channel.basic_publish("", queue, b"%d" % number)
    for expected, (method, _, body) in enumerate(channel.consume(queue, inactivity_timeout=10)):
        assert body == b"%d" % expected
        channel.basic_ack(method.delivery_tag)
        if expected == 9_999:
            break
    channel.cancel()


def test_a_message_without_time_to_live_left_is_gone_unless_a_consumer_waits(
    channel: BlockingChannel,
) -> None:
    queue = _queue(channel, message_ttl=0)
    channel.confirm_delivery()
    channel.basic_publish("", queue, b"nobody waits")
    got: list[bytes] = []
    channel.basic_consume(queue, lambda *args: got.append(args[3]), auto_ack=True)
    channel.basic_publish("", queue, b"somebody waits")
    for _ in range(50):
        channel.connection.process_data_events(time_limit=0.1)
        if got:
            break
    assert got == [b"somebody waits"]


def test_an_error_about_a_long_name_fits_into_the_reply(channel: BlockingChannel) -> None:
    name = "☃" * 85
    channel.basic_publish(name, "k", b"")
    with pytest.raises(pika.exceptions.ChannelClosedByBroker) as refused:
        channel.basic_qos()
    assert refused.value.reply_code == 404
    assert refused.value.reply_text.startswith("NOT_FOUND - no exchange '☃☃")
    assert len(refused.value.reply_text.encode()) <= 255
