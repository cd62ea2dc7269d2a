"""RabbitMQ in Docker, for real: from a copy of the compose file, so under a name of its own."""

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pika
import pytest

from course.brokers import choose, docker, probe
from course.brokers.base import Unavailable
from course.brokers.processes import run
from tests.support import drop_connections


@pytest.fixture
def copy(
    docker_engine: str, tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A clone with little but the compose file; its container and volume go at the end."""
    if not docker.has_image(docker.image()):
        pytest.skip(f"the image {docker.image()} is not here")
    root = tmp_path.resolve() / "clone"
    root.mkdir()
    shutil.copy(repository / "docker-compose.yml", root)
    shutil.copytree(repository / "docker", root / "docker")
    (root / "project_3_task_processor").mkdir()  # an older compose looks for what it could build
    monkeypatch.setattr(docker, "ROOT", root)
    monkeypatch.setattr(docker, "COMPOSE_FILE", root / "docker-compose.yml")
    yield root
    compose = [*docker.compose(), "--project-name", docker._project()]
    run([*compose, "--file", docker.COMPOSE_FILE, "down", "--volumes"], timeout=120)


@contextlib.contextmanager
def taken(port: int) -> Iterator[None]:
    """The port is in use: by a socket of ours, if nobody else has it."""
    with contextlib.ExitStack() as stack:
        if probe.free_port(port) == port:
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
        yield


@pytest.mark.slow
@pytest.mark.xdist_group("docker_compose")
def test_a_brokers_life_from_up_to_reset(copy: Path) -> None:
    assert docker.find() is None
    said: list[str] = []
    with taken(5672):
        broker = choose.ensure(said.append, "docker").broker
    assert any(line.startswith("Port 5672 is taken, so AMQP is on port ") for line in said)
    assert probe.address(broker.url)[1] != 5672

    # Another command, in another terminal, finds it; also without the note in work/.
    attached = choose.ensure(pytest.fail, "docker").broker
    found = docker.find()
    assert found is not None
    assert found.url == attached.url == broker.url
    container = broker.running.details["container"]
    assert container.startswith(found.running.details["container"])
    assert found.running.management_port == broker.running.management_port

    ports = run(["docker", "port", container]).splitlines()
    assert len(ports) == 2
    assert all("-> 127.0.0.1:" in line for line in ports)

    with broker.new_vhost() as url:
        parameters = pika.URLParameters(url)
        lost = pika.BlockingConnection(parameters)
        channel = lost.channel()
        channel.queue_declare(queue="kept", durable=True)
        channel.confirm_delivery()
        channel.basic_publish(
            exchange="",
            routing_key="kept",
            body=b"still here",
            properties=pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent),
        )
        drop_connections(broker, url, 1)
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            lost.process_data_events(time_limit=10)
        broker.restart()
        with pika.BlockingConnection(parameters) as again:
            _, _, body = again.channel().basic_get(queue="kept", auto_ack=True)
        assert body == b"still here"

    assert [stopped.provider for stopped in choose.stop(pytest.fail, erase=True)] == ["docker"]
    assert docker.find() is None
    assert docker._project() not in run(["docker", "volume", "ls", "--quiet"])


@pytest.mark.xdist_group("docker_compose")
def test_a_container_that_was_started_by_hand_is_found_and_not_stopped(copy: Path) -> None:
    amqp, management = probe.free_port(0), probe.free_port(0)
    run(
        [*docker.compose(), "--project-name", docker._project(), "--file", docker.COMPOSE_FILE,
         "up", "--detach"],
        timeout=120,
        environment={"LEARN_AMQP_PORT": str(amqp), "LEARN_MANAGEMENT_PORT": str(management)},
    )  # fmt: skip
    choice = choose.ensure(pytest.fail, "docker")
    assert choice.broker.running.amqp_port == amqp
    assert choice.broker.running.management_port == management
    assert choose.stop(pytest.fail) == []
    assert docker.find() is not None


def test_an_engine_that_does_not_run_is_told_in_one_line(
    docker_engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(Unavailable, match="installed, but its engine does not run"):
        docker.start(pytest.fail)
    assert docker.find() is None


def test_without_docker_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match="Docker is not installed"):
        docker.start(pytest.fail)
    assert docker.find() is None


@pytest.mark.skipif(os.name == "nt", reason="uses programs for POSIX")
@pytest.mark.parametrize(
    ("programs", "found"),
    [
        ({"docker": 0, "docker-compose": 0}, ["docker", "compose"]),
        ({"docker": 1, "docker-compose": 0}, ["docker-compose"]),
    ],
)
def test_either_compose_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: dict[str, int], found: list[str]
) -> None:
    make(tmp_path, programs)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert docker.compose() == found


@pytest.mark.skipif(os.name == "nt", reason="uses programs for POSIX")
def test_without_any_compose_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, {"docker": 1})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="neither `docker compose` nor docker-compose"):
        docker.compose()


def make(folder: Path, programs: dict[str, int]) -> None:
    """Programs that do nothing but end with the given code."""
    for name, code in programs.items():
        (folder / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (folder / name).chmod(0o755)


def test_an_image_that_cannot_be_fetched_is_told_in_one_line(
    docker_engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "127.0.0.1:1/no/such-image:1"
    monkeypatch.setenv("RABBITMQ_IMAGE", name)
    said: list[str] = []
    with pytest.raises(Unavailable) as caught:
        docker.start(said.append)
    assert said == [
        "Fetching the Docker image 127.0.0.1:1/no/such-image:1, once (about 100 MB) ..."
    ]
    assert f"{name} is not here and cannot be fetched" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_clones_have_two_brokers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = docker._project()
    monkeypatch.setattr(docker, "ROOT", tmp_path)
    assert docker._project() != first
