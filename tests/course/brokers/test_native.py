"""A private node of the RabbitMQ that is installed here."""

from pathlib import Path

import pika
import psutil
import pytest

from course.brokers import Broker, choose, native
from course.brokers.base import Unavailable
from tests.support import any_ports, eventually, learn


def family(broker: native.NativeBroker) -> list[psutil.Process]:
    """The node's processes and its epmd, as they were noted."""
    found = []
    for note in broker.folder.glob("*.process"):
        process = psutil.Process(int(note.read_text().split()[0]))
        found += [process, *process.children(recursive=True)]
    return found


def servers() -> set[psutil.Process]:
    """Every Erlang node and epmd on this machine."""
    names = ("beam.smp", "epmd", "erl.exe", "epmd.exe")
    return {process for process in psutil.process_iter(["name"]) if process.info["name"] in names}


def test_a_nodes_life_in_a_path_with_spaces(
    native_rabbitmq: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEARN_WORK", str(tmp_path / "my work"))
    assert isinstance(native_rabbitmq, native.NativeBroker)
    others = family(native_rabbitmq)
    assert others
    with any_ports():
        broker = choose.ensure(lambda line: None, "native").broker
    assert isinstance(broker, native.NativeBroker)
    try:
        ours = family(broker)
        listening = {
            (connection.laddr.ip, connection.laddr.port)
            for process in ours
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert {ip for ip, _ in listening} <= {"127.0.0.1", "::1"}  # epmd takes both
        running = broker.running
        assert {running.amqp_port, running.management_port} <= {port for _, port in listening}

        # Another command finds it.
        status = learn(
            "broker", "status", "--broker", "native", LEARN_WORK=str(broker.folder.parent)
        )
        assert status.returncode == 0, status
        assert f":{running.amqp_port}/" in status.stdout

        with broker.new_vhost() as url:
            with pika.BlockingConnection(pika.URLParameters(url)) as connection:
                channel = connection.channel()
                channel.queue_declare(queue="kept", durable=True)
                channel.confirm_delivery()
                channel.basic_publish(
                    exchange="",
                    routing_key="kept",
                    body=b"still here",
                    properties=pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent),
                )
            broker.restart()
            with pika.BlockingConnection(pika.URLParameters(url)) as connection:
                _, _, body = connection.channel().basic_get(queue="kept", auto_ack=True)
            assert body == b"still here"
        ours = family(broker)
    finally:
        stopped = choose.stop(pytest.fail)
    assert [one.provider for one in stopped] == ["native"]
    eventually(lambda: not any(map(psutil.Process.is_running, ours)), "all of it has ended")
    assert all(process.is_running() for process in others), "another node was touched"
    assert (broker.folder / "data").is_dir()


def test_a_note_about_a_process_that_is_another_now_ends_nobody(tmp_path: Path) -> None:
    running = native.Running(
        provider="native", amqp_port=1, management_port=1, details={"folder": str(tmp_path)}
    )
    me = psutil.Process()
    (tmp_path / "server.process").write_text(f"{me.pid} {me.create_time() - 1000}")
    native.NativeBroker(running).close()
    assert me.is_running()


def test_without_rabbitmq_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(native, "UNWRAPPED", ())
    with pytest.raises(Unavailable, match="rabbitmq-server is not installed"):
        native.start(pytest.fail)


def test_the_version_is_known_without_starting_anything(native_rabbitmq: Broker) -> None:
    before = servers()
    version = tuple(map(int, native.installed_version().split(".")))
    assert version == native_rabbitmq.server.version
    assert servers() - before == set()
