"""The commands that need a broker: which one is taken, and what is said where there is none."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.brokers import Broker
from course.brokers.vhosts import with_vhost
from tests.course.command_line import CLOSED, bare, complaint
from tests.support import learn


def test_without_docker_and_rabbitmq_it_says_why_and_takes_the_embedded_broker() -> None:
    done = bare("run", "3.1", "--section", "Two workers")
    assert done.returncode == 0
    assert "Not docker: Docker is not installed." in done.stderr
    assert "Not native: rabbitmq-server is not installed." in done.stderr
    assert "Broker: burrow" in done.stdout


def test_a_broker_that_cannot_be_had_is_refused_in_one_line() -> None:
    assert complaint(bare("run", "3.1", "--broker", "docker"), 3) == (
        "learn: no broker to be had: Docker is not installed. The ways to get one: ./learn doctor"
    )


def test_without_any_broker_the_broker_commands_say_so(inside) -> None:
    assert "./learn broker up" in complaint(inside("broker"), 1)
    assert "./learn broker up" in complaint(inside("broker", "restart"), 3)
    assert "runs no broker" in complaint(inside("broker", "logs"), 1)
    assert inside("broker", "down").stdout.startswith("Nothing to stop")
    assert inside("broker", "reset", "--yes").stdout.startswith("Nothing to delete")


@pytest.fixture
def other_protocol() -> Iterator[int]:
    """A port where something listens that answers as a web server does."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(100)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (CLOSED, "no AMQP broker answers on 127.0.0.1, port 1"),
        ("http://me:secret@localhost:15672", "not an AMQP URL"),
        ("me:secret@localhost", "not an AMQP URL"),
        ("amqp://me:secret@[localhost/", "not an AMQP URL"),
        ("amqp://me:secret@localhost:port/", "not an AMQP URL"),
        ("amqp://me:secret@localhost:99999/", "not an AMQP URL"),
        ("amqp://me:secret@localhost:1/%2F?heartbeat=secret", "is not valid"),
        ("amqp://me:secret@no-such-host.invalid/", "no AMQP broker answers on no-such-host"),
    ],
)
def test_a_url_without_a_broker_is_one_line_that_keeps_the_password(
    inside, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv("RABBITMQ_URL", url)
    done = inside("run", "3.3")
    assert said in complaint(done, 3)
    assert "secret@" not in done.stderr
    assert "me:secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("words", [["run", "3.3"], ["broker", "status"]], ids=" ".join)
def test_a_port_that_speaks_something_else_is_one_line(
    words: list[str], other_protocol: int
) -> None:
    done = learn(*words, RABBITMQ_URL=f"amqp://me:secret@127.0.0.1:{other_protocol}/")
    assert "no AMQP broker answers" in complaint(done, 3)


def test_a_dead_url_is_not_taken_and_not_saved(own_work_folder: Path) -> None:
    said = complaint(learn("broker", "use", "url", CLOSED), 3)
    assert "secret" not in said
    assert not (own_work_folder / "broker.json").exists()


def test_a_wrong_password_and_a_wrong_vhost_are_told_apart(rabbitmq: Broker) -> None:
    wrong = rabbitmq.url.replace("guest:guest", "guest:wr0ng")
    done = learn("run", "3.3", RABBITMQ_URL=wrong)
    assert "refused the user name or password" in complaint(done, 3)
    assert "wr0ng" not in done.stdout + done.stderr
    done = learn("run", "3.3", RABBITMQ_URL=with_vhost(rabbitmq.url, "nowhere"))
    assert "no such vhost" in complaint(done, 3)


def management(broker: Broker) -> dict[str, str]:
    assert broker.management is not None
    return {"RABBITMQ_URL": broker.url, "RABBITMQ_MANAGEMENT_URL": broker.management.base_url}


def test_playing_on_a_pipe_shows_every_line_and_leaves_nothing(
    rabbitmq: Broker, own_work_folder: Path
) -> None:
    before = rabbitmq.management.vhosts()
    done = learn("run", "3.3", "--section", "Run it", **management(rabbitmq))
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert re.search(r"^terminal-1 │ \$ \./learn script", done.stdout, re.MULTILINE)
    assert re.search(r"^✓ Lesson 3.3: all \d+ lines came as the page says", done.stdout, re.M)
    assert rabbitmq.management.vhosts() == before
    # One section is not the whole lesson.
    assert not (own_work_folder / "progress.json").exists()


def test_a_broker_that_may_not_restart_leaves_that_scene_out_and_says_so(
    rabbitmq: Broker,
) -> None:
    done = learn("run", "3.1", "--section", "restart", **management(rabbitmq))
    assert done.returncode == 3, done
    assert "(the course may not restart this broker)." in " ".join(done.stdout.split())
    assert "nothing was played. Left out: The broker restarts" in done.stderr


def test_a_chosen_url_is_kept_for_later_commands(rabbitmq: Broker, own_work_folder: Path) -> None:
    done = learn("broker", "use", "url", rabbitmq.url)
    assert done.returncode == 0
    assert "guest:***@127.0.0.1" in done.stdout
    later = learn("broker", "status")
    assert later.returncode == 0
    assert "as you chose" in " ".join(later.stdout.split())
    assert "guest:guest" not in later.stdout
    assert learn("broker", "use", "auto").returncode == 0
    assert json.loads((own_work_folder / "broker.json").read_text())["use"] == "auto"


def test_the_course_does_not_restart_a_broker_given_by_its_url(rabbitmq: Broker) -> None:
    done = learn("broker", "restart", **management(rabbitmq))
    assert done.returncode == 2
    assert "the course does not restart it" in done.stderr
