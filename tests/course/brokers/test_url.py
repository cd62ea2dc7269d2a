"""A broker that the learner gave by its URL."""

import http.server
import json
import threading
from collections.abc import Iterator

import pika
import pytest

from course.brokers import Broker, Declared, vhosts
from course.brokers.url import UrlBroker
from course.errors import CouldNotCheck, WrongUse
from tests.support import drop_connections, names_on


@pytest.fixture
def managed(rabbitmq: Broker, monkeypatch: pytest.MonkeyPatch) -> UrlBroker:
    monkeypatch.setenv("RABBITMQ_MANAGEMENT_URL", rabbitmq.management.base_url)
    return UrlBroker(rabbitmq.url)


def test_with_management_rights_it_makes_vhosts_and_drops_connections(managed: UrlBroker) -> None:
    can = managed.capabilities
    assert (can.product, can.vhosts, can.restart) == ("RabbitMQ", True, False)
    with managed.new_vhost() as url:
        assert vhosts.name_of(url).startswith(vhosts.PREFIX)
        connection = pika.BlockingConnection(pika.URLParameters(url))
        drop_connections(managed, url, 1)
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            connection.process_data_events(time_limit=10)


def test_without_management_it_uses_the_given_vhost_and_cleans_up(rabbitmq: Broker) -> None:
    with rabbitmq.new_vhost() as url:
        broker = UrlBroker(url)
        broker.management = None
        before = names_on(rabbitmq, url)
        with broker.new_vhost(Declared(queues=("tasks",))) as same:
            assert same == url
            with pika.BlockingConnection(pika.URLParameters(url)) as connection:
                connection.channel().queue_declare(queue="tasks", durable=True)
            with pytest.raises(CouldNotCheck, match="does not let us close connections"):
                broker.drop_connections(url)
        assert names_on(rabbitmq, url) == before


class AnotherNode(http.server.BaseHTTPRequestHandler):
    """A management API that says yes to everything, for vhosts that nobody else sees."""

    calls: list[str]

    def answer(self) -> None:
        self.calls.append(f"{self.command} {self.path.rpartition('-')[0]}")
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"name": "guest", "tags": ["administrator"]}).encode())

    do_GET = do_PUT = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def another_node(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[AnotherNode]]:
    handler = type("Handler", (AnotherNode,), {"calls": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("RABBITMQ_MANAGEMENT_URL", url)
        yield handler
        server.shutdown()


def test_the_management_api_of_another_node_is_not_used(
    rabbitmq: Broker, another_node: type[AnotherNode]
) -> None:
    with rabbitmq.new_vhost() as url:
        broker = UrlBroker(url)
        assert not broker.capabilities.vhosts
        assert "DELETE /api/vhosts/learn" in another_node.calls  # nothing stays there either
        with broker.new_vhost() as same:
            assert same == url


def test_it_is_not_restarted_and_not_stopped(rabbitmq: Broker) -> None:
    broker = UrlBroker(rabbitmq.url)
    with pytest.raises(WrongUse, match="the course does not restart it"):
        broker.restart()
    broker.close()
    assert UrlBroker(rabbitmq.url).server == rabbitmq.server


def test_its_description_keeps_the_password(rabbitmq: Broker) -> None:
    said = UrlBroker(rabbitmq.url).describe()
    assert "guest:***@" in said
    assert "guest:guest" not in said


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("amqp://me:p%40ss@host:1234/", "http://host:15672"),
        ("amqps://me:p%40ss@host/", "https://host:15671"),
    ],
)
def test_the_management_api_is_looked_for_on_its_usual_port(url: str, api: str) -> None:
    management = UrlBroker(url).management
    assert management is not None
    assert (management.base_url, management.user) == (api, "me")
