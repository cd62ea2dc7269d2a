"""What the keys on work queues claim where no key is executed: shown on RabbitMQ."""

import pika

from course.brokers import Broker
from tests.quizzes.clients import clients
from tests.quizzes.files import shows
from tests.support import eventually


@shows("turns-take-time")
def test_without_a_prefetch_count_tasks_are_dealt_out_in_turn(url: str) -> None:
    with clients(url, 3) as (publisher, one, two):
        queue = publisher.task_queue()
        one.consume(queue)
        two.consume(queue)
        publisher.publish("3 s", "1 s", "3 s too", "1 s too", key=queue)
        one.wait_for("3 s", "3 s too")  # 6 s of work
        two.wait_for("1 s", "1 s too")  # 2 s


@shows("turns-take-time")
def test_with_a_prefetch_count_of_1_they_go_to_whoever_is_free(url: str) -> None:
    with clients(url, 3) as (publisher, one, two):
        queue = publisher.task_queue()
        one.consume(queue, prefetch=1)
        two.consume(queue, prefetch=1)
        publisher.publish("3 s", "1 s", "3 s too", "1 s too", key=queue)
        one.wait_for("3 s")
        two.wait_for("1 s")
        two.ack("1 s")  # after 1 s
        two.wait_for("1 s", "3 s too")  # done after 4 s
        one.ack("3 s")  # after 3 s
        one.wait_for("3 s", "1 s too")  # done after 4 s


@shows("prefetch-one-is-slow")
def test_with_a_prefetch_count_of_1_the_next_task_starts_its_way_after_the_ack(url: str) -> None:
    with clients(url, 2) as (publisher, worker):
        queue = publisher.task_queue()
        publisher.publish("a", "b", "c", key=queue)
        worker.consume(queue, prefetch=1)
        worker.wait_for("a")
        assert publisher.ready(queue) == 2
        worker.ack("a")
        worker.wait_for("a", "b")


@shows("prefetch-one-is-slow")
def test_with_a_higher_count_several_tasks_are_at_hand(url: str) -> None:
    with clients(url, 2) as (publisher, worker):
        queue = publisher.task_queue()
        publisher.publish("a", "b", "c", key=queue)
        worker.consume(queue, prefetch=20)
        worker.wait_for("a", "b", "c")
    assert not pika.spec.Basic.Ack().synchronous  # an acknowledgement has no answer


@shows("survives-a-restart")
def test_what_is_on_disk_in_a_durable_queue_survives_a_restart(broker: Broker, url: str) -> None:
    with clients(url, 2) as (publisher, worker):
        quorum, held = publisher.task_queue(), publisher.task_queue("held")
        publisher.channel.queue_declare(queue="classic", durable=True)
        own = publisher.channel.queue_declare(queue="", exclusive=True).method.queue  # not durable
        publisher.publish("on disk anyway", key=quorum)
        publisher.publish("on disk anyway", key=held)
        publisher.publish("persistent", key="classic", delivery_mode=2)
        publisher.publish("in memory", key="classic", delivery_mode=1)
        worker.consume(held, prefetch=1)
        worker.wait_for("on disk anyway")
        broker.restart()
        assert not _works(worker.connection), "a worker's connection is closed"
    with clients(url, 1) as (after,):
        eventually(lambda: after.ready(held) == 1, "what was unacknowledged is back")
        assert after.get(quorum) == ("on disk anyway", False)
        assert after.get("classic") == ("persistent", False)
        assert after.get("classic") is None
        assert not after.exists(own)


def _works(connection: pika.BlockingConnection) -> bool:
    try:
        connection.process_data_events(time_limit=1)
        connection.channel()
    except pika.exceptions.AMQPError:
        return False
    return True


@shows("done-but-unacked")
def test_an_unacknowledged_task_goes_to_whoever_consumes_next_with_a_mark(url: str) -> None:
    with clients(url, 3) as (publisher, worker, other):
        queue = publisher.task_queue()
        publisher.publish("invoice 17", key=queue)
        worker.consume(queue)
        worker.wait_for("invoice 17")  # done or not: the broker sees no difference
        worker.end()
        other.consume(queue)
        other.wait_for("invoice 17")
        assert other.deliveries[0][0].redelivered
