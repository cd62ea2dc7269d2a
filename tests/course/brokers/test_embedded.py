"""The embedded broker as the course uses it: in the background, and truthful about durability."""

import socket
from pathlib import Path

import pika
import pika.exceptions
import psutil
import pytest

from course.brokers import Broker, choose, embedded, probe
from course.brokers.base import Unavailable
from course.errors import CouldNotCheck


def publish(url: str, queue: str) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.queue_declare(queue=queue, durable=True)
    channel.confirm_delivery()
    persistent = pika.BasicProperties(delivery_mode=2)
    channel.basic_publish(exchange="", routing_key=queue, body=b"x", properties=persistent)
    connection.close()


def count(url: str, queue: str) -> int:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    answer = connection.channel().queue_declare(queue=queue, passive=True)
    connection.close()
    return answer.method.message_count


def test_it_says_that_it_is_not_rabbitmq(embedded: Broker) -> None:
    assert embedded.server.product == "burrow"
    said = str(choose.Choice(embedded, "which is running"))
    assert "not RabbitMQ" in said
    assert "burrow/README.md" in said


def test_a_restart_keeps_what_is_durable(embedded: Broker) -> None:
    with embedded.new_vhost() as url:
        publish(url, "kept")
        embedded.restart()
        assert count(url, "kept") == 1


def test_a_throwaway_vhost_shares_nothing_and_leaves_nothing(
    embedded: Broker, own_work_folder: Path
) -> None:
    with embedded.new_vhost() as one, embedded.new_vhost() as two:
        publish(one, "here")
        assert one != two
        connection = pika.BlockingConnection(pika.URLParameters(two))
        connection.channel().queue_declare(queue="here", exclusive=True)  # 405 if it were shared
        connection.close()
    assert not probe.is_listening(one)
    assert not probe.is_listening(two)
    assert list(own_work_folder.iterdir()) == []


def test_connections_are_closed_from_the_brokers_side(embedded: Broker) -> None:
    with embedded.new_vhost() as url, embedded.new_vhost() as other:
        clients = [pika.BlockingConnection(pika.URLParameters(url)) for _ in range(3)]
        spared = pika.BlockingConnection(pika.URLParameters(other))
        assert embedded.drop_connections(url) == 3
        for client in clients:
            with pytest.raises(pika.exceptions.ConnectionClosedByBroker) as closed:
                client.process_data_events(time_limit=5)
            assert closed.value.reply_code == 320
            assert closed.value.reply_text.startswith("CONNECTION_FORCED")
        assert embedded.drop_connections(url) == 0
        spared.process_data_events(time_limit=0)
        spared.close()


def test_closing_the_connections_of_a_stopped_broker_is_a_plain_error(embedded: Broker) -> None:
    with embedded.new_vhost() as url:
        pass
    with pytest.raises(CouldNotCheck, match="burrow"):
        embedded.drop_connections(url)


def test_it_goes_on_between_commands_and_down_stops_it(own_work_folder: Path) -> None:
    started = choose.ensure(print, "embedded").broker
    publish(started.url, "kept")
    again = choose.ensure(print, "embedded").broker
    assert again.url == started.url
    [stopped] = choose.stop(print)
    assert stopped.url == started.url
    assert not probe.is_listening(started.url)
    once_more = choose.ensure(print, "embedded").broker
    assert count(once_more.url, "kept") == 1
    choose.stop(print, erase=True)
    assert not (own_work_folder / "embedded-broker").exists()


def test_a_process_that_was_left_behind_is_replaced(own_work_folder: Path) -> None:
    first = embedded.start(print)
    (note,) = own_work_folder.glob("embedded-broker/*.process")
    process = psutil.Process(int(note.read_text(encoding="utf-8").split()[0]))
    second = embedded.start(print)  # as after a lost broker.json
    assert not process.is_running()
    second.close()
    assert not probe.is_listening(first.url)


def test_a_port_that_is_taken_at_the_last_moment_is_exchanged(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        node = embedded.begin(tmp_path, taken.getsockname()[1])
        try:
            assert node.port != taken.getsockname()[1]
            assert count_after_publishing(node.url) == 1
        finally:
            node.stop()


def test_what_cannot_start_for_another_reason_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file is where a folder should be")
    with pytest.raises(Unavailable, match="its last words are in"):
        embedded.begin(tmp_path, probe.free_port(0))


def count_after_publishing(url: str) -> int:
    publish(url, "here")
    return count(url, "here")
