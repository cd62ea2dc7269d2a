"""Which names a lesson's scripts declare."""

from course.player.declared import names_in
from tests.course.player.lessons import Lesson


def test_names_are_found_as_literals_and_as_constants(lesson: Lesson) -> None:
    lesson.script(
        "one.py",
        """
        QUEUE = "tasks"
        def main(channel):
            channel.queue_declare(queue=QUEUE, durable=True)
            channel.exchange_declare(exchange="logs", exchange_type="fanout")
        """,
    )
    lesson.script(
        "two.py",
        """
        def main(channel):
            channel.queue_declare(queue="tasks")
            channel.queue_declare(queue="results")
        """,
    )
    found = names_in(lesson.folder)
    assert found.queues == ("results", "tasks")
    assert found.exchanges == ("logs",)


def test_what_the_broker_names_or_nobody_declares_is_left_out(lesson: Lesson) -> None:
    lesson.script(
        "one.py",
        """
        def main(channel, name):
            channel.queue_declare(queue="", exclusive=True)
            channel.queue_declare(queue=name)
            channel.queue_bind(queue="bound", exchange="amq.topic")
        """,
    )
    found = names_in(lesson.folder)
    assert (found.queues, found.exchanges) == ((), ())
