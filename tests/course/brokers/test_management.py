"""The management API: vhosts, rights and connections, on a real broker."""

import http.server
import secrets
import threading
from collections.abc import Iterator

import pika
import pytest

from course.brokers import Broker
from course.brokers.management import Management, ManagementError
from course.brokers.vhosts import name_of
from tests.support import drop_connections


@pytest.fixture
def vhost(rabbitmq: Broker) -> Iterator[str]:
    with rabbitmq.new_vhost() as url:
        yield url


def test_an_administrator_may_make_vhosts_and_others_may_not(rabbitmq: Broker) -> None:
    admin = rabbitmq.management
    assert admin.may_administer()
    name = f"reader-{secrets.token_hex(4)}"
    admin._call("PUT", f"/api/users/{name}", {"password": "pw", "tags": "management"})
    try:
        assert not Management(admin.base_url, name, "pw").may_administer()
        assert not Management(admin.base_url, name, "wrong").may_administer()
    finally:
        admin._call("DELETE", f"/api/users/{name}")


def test_a_vhost_is_made_with_any_name_and_deleted(rabbitmq: Broker) -> None:
    name = f"a/b c %2F é {secrets.token_hex(4)}"
    rabbitmq.management.make_vhost(name)
    try:
        assert name in rabbitmq.management.vhosts()
    finally:
        rabbitmq.management.delete_vhost(name)
    assert name not in rabbitmq.management.vhosts()


def test_a_refusal_says_what_was_refused(rabbitmq: Broker) -> None:
    with pytest.raises(ManagementError, match=r"refused DELETE /api/vhosts/nobody: 404 ") as caught:
        rabbitmq.management.delete_vhost("nobody")
    assert caught.value.status == 404


def test_connections_of_one_vhost_are_closed_and_of_others_not(
    rabbitmq: Broker, vhost: str
) -> None:
    with rabbitmq.new_vhost() as other:
        ours, theirs = (pika.BlockingConnection(pika.URLParameters(u)) for u in (vhost, other))
        drop_connections(rabbitmq, vhost, 1)
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            ours.process_data_events(time_limit=10)
        theirs.process_data_events(time_limit=0)
        assert theirs.is_open
        theirs.close()
    assert rabbitmq.management.close_connections(name_of(vhost)) == 0


@pytest.fixture
def not_rabbitmq() -> Iterator[str]:
    """A web server that answers every request with a page."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_another_web_server_is_no_management_api(not_rabbitmq: str) -> None:
    management = Management(not_rabbitmq, "guest", "guest")
    assert not management.may_administer()
    with pytest.raises(ManagementError, match="no management API answers"):
        management.wait_until_ready(0.3)


def test_nobody_there_is_no_management_api() -> None:
    assert not Management("http://127.0.0.1:1", "guest", "guest").may_administer()
