"""Every lesson's page is played, line by line, on RabbitMQ."""

from pathlib import Path

import pika
import pytest

from course import catalog
from course.brokers import Broker
from course.brokers.url import UrlBroker
from course.player import page as pages
from course.player.declared import names_in
from course.player.play import play
from tests.player_views import Silent
from tests.support import names_on

LESSONS = catalog.load().modules[0].lessons


def slow(value: str):
    return pytest.param(value, marks=pytest.mark.slow)


every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)


@pytest.mark.parametrize("broker", ["docker_or_embedded", slow("embedded")])
@every_lesson
def test_the_page_plays(
    lesson: catalog.Lesson, broker: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    provider: Broker = request.getfixturevalue(broker)
    page = pages.read(lesson.readme)
    with provider.new_vhost() as url:
        result = play(page, page.scenes, provider, url, Silent(), tmp_path / "log")
    assert result.skipped == []
    assert result.scenes == len(page.scenes)


@every_lesson
def test_each_scene_plays_alone_on_a_native_node(
    lesson: catalog.Lesson, native_rabbitmq: Broker, tmp_path: Path
) -> None:
    page = pages.read(lesson.readme)
    for scene in page.scenes:
        with native_rabbitmq.new_vhost() as url:
            result = play(page, (scene,), native_rabbitmq, url, Silent(), tmp_path / "log")
        assert bool(result.skipped) == (native_rabbitmq.server.version < scene.since)


@every_lesson
def test_a_lesson_cleans_up_where_it_may_not_make_a_vhost(
    lesson: catalog.Lesson, rabbitmq: Broker, tmp_path: Path
) -> None:
    """Only the names that its scripts declare are removed then, so these must be all of them."""
    page = pages.read(lesson.readme)
    with rabbitmq.new_vhost() as url:
        guest = UrlBroker(url)
        guest.management = None
        before = names_on(rabbitmq, url)
        with guest.new_vhost(names_in(lesson.folder)) as same_url:
            assert same_url == url
            play(page, page.scenes[:1], guest, url, Silent(), tmp_path / "log")
        assert names_on(rabbitmq, url) == before


QUORUM = {"durable": True, "arguments": {"x-queue-type": "quorum"}}


@pytest.mark.parametrize(
    ("lesson", "declare"),
    [
        ("3.1", lambda ch: ch.queue_declare(queue="task_queue", **QUORUM)),
        ("3.2", lambda ch: ch.exchange_declare(exchange="logs", exchange_type="fanout")),
        ("3.3", lambda ch: ch.exchange_declare(exchange="direct_logs", exchange_type="direct")),
        ("3.4", lambda ch: ch.exchange_declare(exchange="topic_logs", exchange_type="topic")),
        ("3.5", lambda ch: ch.queue_declare(queue="rpc_queue", **QUORUM)),
    ],
)
def test_a_community_program_may_declare_before_ours(
    lesson: str, declare, rabbitmq: Broker, tmp_path: Path
) -> None:
    """The official tutorials' declarations, in any language, are equivalent to ours."""
    page = pages.read(catalog.load().lesson(lesson).readme)
    with rabbitmq.new_vhost() as url:
        connection = pika.BlockingConnection(pika.URLParameters(url))
        declare(connection.channel())
        play(page, page.scenes[:1], rabbitmq, url, Silent(), tmp_path / "log")
        declare(connection.channel())
        connection.close()
