"""With --data, what was confirmed survives kill -9; the rest of a broker's state comes back too."""

from __future__ import annotations

from pathlib import Path

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from burrow import running
from tests.burrow.process import Broker

SMALL = {"x-max-length": 2, "x-overflow": "reject-publish"}
PERSISTENT = pika.BasicProperties(delivery_mode=2, headers={"n": 1}, priority=3)


def _connect(url: str) -> tuple[pika.BlockingConnection, BlockingChannel]:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    return connection, connection.channel()


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_confirmed_persistent_messages_survive_a_kill_in_order(tmp_path: Path, kind: str) -> None:
    with Broker(tmp_path / "data") as broker:
        _, channel = _connect(broker.url)
        channel.queue_declare("q", durable=True, arguments={"x-queue-type": kind})
        channel.confirm_delivery()
        for number in range(50):
            channel.basic_publish("", "q", str(number).encode(), PERSISTENT)
        broker.kill()
        broker.start()
        connection, channel = _connect(broker.url)
        for number in range(50):
            _, properties, body = channel.basic_get("q", auto_ack=True)
            assert body == str(number).encode()
            assert (properties.headers, properties.priority) == ({"n": 1}, 3)
        connection.close()
        assert broker.stop() == 0


def test_acknowledged_messages_do_not_come_back(tmp_path: Path) -> None:
    with running(tmp_path) as url:
        connection, channel = _connect(url)
        channel.queue_declare("q", durable=True)
        channel.confirm_delivery()
        for body in (b"acked", b"held", b"transient"):
            mode = 1 if body == b"transient" else 2
            channel.basic_publish("", "q", body, pika.BasicProperties(delivery_mode=mode))
        method, _, _ = channel.basic_get("q")
        channel.basic_get("q")
        channel.basic_ack(method.delivery_tag)
        connection.close()
    with running(tmp_path) as url:
        connection, channel = _connect(url)
        _, _, body = channel.basic_get("q", auto_ack=True)
        assert body == b"held"
        assert channel.basic_get("q", auto_ack=True)[0] is None
        connection.close()


def test_durable_topology_comes_back_with_its_arguments(tmp_path: Path) -> None:
    with running(tmp_path) as url:
        connection, channel = _connect(url)
        channel.exchange_declare("alt", "fanout", durable=True)
        alternate = {"alternate-exchange": "alt"}
        channel.exchange_declare("top", "topic", durable=True, arguments=alternate)
        channel.exchange_declare("gone", "fanout")
        channel.queue_declare("q", durable=True, arguments=SMALL)
        channel.queue_bind("q", "top", "a.#")
        channel.queue_bind("q", "top", "b.#")
        channel.queue_unbind("q", "top", "b.#")
        channel.exchange_bind("alt", "top", "c")
        connection.close()
    with running(tmp_path) as url:
        connection, channel = _connect(url)
        channel.queue_declare("q", durable=True, arguments=SMALL)
        channel.confirm_delivery()
        channel.basic_publish("top", "a.1", b"", mandatory=True)
        with pytest.raises(pika.exceptions.UnroutableError):
            channel.basic_publish("top", "b.1", b"", mandatory=True)
        channel.basic_publish("top", "a.2", b"", mandatory=True)
        with pytest.raises(pika.exceptions.NackError):
            channel.basic_publish("top", "a.3", b"", mandatory=True)
        with pytest.raises(pika.exceptions.ChannelClosedByBroker) as refused:
            channel.exchange_declare("gone", "fanout", passive=True)
        assert refused.value.reply_code == 404
        connection.close()


def test_a_dead_letter_keeps_its_history_over_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as url:
        connection, channel = _connect(url)
        channel.queue_declare("dead", durable=True)
        channel.queue_declare("q", durable=True, arguments={
            "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"})  # fmt: skip
        channel.confirm_delivery()
        channel.basic_publish("", "q", b"x", PERSISTENT)
        method, _, _ = channel.basic_get("q")
        channel.basic_reject(method.delivery_tag, requeue=False)
        connection.close()
    with running(tmp_path) as url:
        connection, channel = _connect(url)
        method, properties, _ = channel.basic_get("dead", auto_ack=True)
        assert properties.headers["x-death"][0]["queue"] == "q"
        assert method.redelivered
        connection.close()


def test_who_was_delivered_before_a_restart_is_redelivered_after_it(tmp_path: Path) -> None:
    with running(tmp_path) as url:
        connection, channel = _connect(url)
        channel.confirm_delivery()
        for kind in ("classic", "quorum"):
            channel.queue_declare(kind, durable=True, arguments={"x-queue-type": kind})
            for _ in range(2):
                channel.basic_publish("", kind, b"", PERSISTENT)
            channel.basic_get(kind)
        connection.close()
    with running(tmp_path) as url:
        connection, channel = _connect(url)
        for kind in ("classic", "quorum"):
            got = [channel.basic_get(kind, auto_ack=True) for _ in range(2)]
            assert [method.redelivered for method, _, _ in got] == [True, False]
        assert got[0][1].headers["x-delivery-count"] == 1
        connection.close()


def test_a_binding_of_a_deleted_queue_does_not_come_back_with_its_name(tmp_path: Path) -> None:
    with running(tmp_path) as url:
        connection, channel = _connect(url)
        channel.queue_declare("q", durable=True)
        channel.queue_bind("q", "amq.direct", "k")
        channel.queue_delete("q")
        channel.queue_declare("q", durable=True)
        connection.close()
    with running(tmp_path) as url:
        connection, channel = _connect(url)
        channel.confirm_delivery()
        with pytest.raises(pika.exceptions.UnroutableError):
            channel.basic_publish("amq.direct", "k", b"", mandatory=True)
        connection.close()


def test_an_exclusive_queue_is_not_kept_even_when_it_is_durable(tmp_path: Path) -> None:
    with running(tmp_path) as url:
        connection, channel = _connect(url)
        channel.queue_declare("mine", durable=True, exclusive=True)
        channel.confirm_delivery()
        channel.basic_publish("", "mine", b"", PERSISTENT)
        connection.close()
    with running(tmp_path) as url:
        connection, channel = _connect(url)
        with pytest.raises(pika.exceptions.ChannelClosedByBroker):
            channel.queue_declare("mine", passive=True)
        connection.close()


def test_two_brokers_cannot_share_a_directory(tmp_path: Path) -> None:
    with running(tmp_path), pytest.raises(OSError, match="another broker"), running(tmp_path):
        pass


def test_a_broker_without_data_starts_empty(tmp_path: Path) -> None:
    for _ in range(2):
        with running() as url:
            connection, channel = _connect(url)
            channel.queue_declare("q", durable=True)
            channel.basic_publish("", "q", b"", PERSISTENT)
            assert channel.queue_declare("q", passive=True).method.message_count == 1
            connection.close()
