"""Nothing of a lesson stays on the broker."""

import contextlib

import pika
import pytest

from course.brokers import Broker, vhosts
from course.errors import CouldNotCheck
from tests.support import names_on


@pytest.mark.parametrize("name", ["/", "learn-1", "a/b", "with space", "é%2F"])
def test_a_vhosts_name_survives_the_url(name: str) -> None:
    url = vhosts.with_vhost("amqp://me:pw@host:1234/%2F?heartbeat=5", name)
    assert vhosts.name_of(url) == name
    assert url.startswith("amqp://me:pw@host:1234/")
    assert url.endswith("?heartbeat=5")


def test_an_empty_path_is_the_default_vhost() -> None:
    assert vhosts.name_of("amqp://host") == vhosts.name_of("amqp://host/") == "/"


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, RuntimeError])
def test_a_throwaway_vhost_goes_with_all_that_is_in_it(
    rabbitmq: Broker, error: type[BaseException] | None
) -> None:
    before = rabbitmq.management.vhosts()
    with contextlib.suppress(KeyboardInterrupt, RuntimeError), rabbitmq.new_vhost() as url:
        assert vhosts.name_of(url) in rabbitmq.management.vhosts()
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            connection.channel().queue_declare(queue="tasks", durable=True)
        if error:
            raise error
    assert rabbitmq.management.vhosts() == before


def test_a_borrowed_vhost_is_left_as_it_was(rabbitmq: Broker) -> None:
    with rabbitmq.new_vhost() as url, pika.BlockingConnection(pika.URLParameters(url)) as theirs:
        theirs.channel().queue_declare(queue="theirs", durable=True)
        before = names_on(rabbitmq, url)
        with vhosts.borrowed(url, ["tasks", "never made"], ["logs"]) as same:
            assert same == url
            theirs.channel().queue_declare(queue="tasks", durable=True)
            theirs.channel().exchange_declare(exchange="logs", exchange_type="fanout")
        assert names_on(rabbitmq, url) == before


def test_what_may_not_be_removed_does_not_stop_the_rest(rabbitmq: Broker) -> None:
    with rabbitmq.new_vhost() as url, pika.BlockingConnection(pika.URLParameters(url)) as theirs:
        with vhosts.borrowed(url, ["locked", "tasks"], []):
            theirs.channel().queue_declare(queue="locked", exclusive=True)
            theirs.channel().queue_declare(queue="tasks", durable=True)
        assert names_on(rabbitmq, url) & {"locked", "tasks"} == {"locked"}


def test_what_is_there_already_is_not_ours_to_remove(rabbitmq: Broker) -> None:
    with rabbitmq.new_vhost() as url, pika.BlockingConnection(pika.URLParameters(url)) as theirs:
        theirs.channel().queue_declare(queue="tasks", durable=True)
        theirs.channel().exchange_declare(exchange="logs", exchange_type="fanout")
        refused = pytest.raises(CouldNotCheck, match="queue tasks, exchange logs already exists")
        with refused, vhosts.borrowed(url, ["tasks"], ["logs"]):
            pytest.fail("it was lent")
        assert {"tasks", "logs"} <= names_on(rabbitmq, url)
