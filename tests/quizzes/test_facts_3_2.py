"""What the keys on publish and subscribe claim where no key is executed: shown on RabbitMQ."""

from tests.quizzes.clients import clients
from tests.quizzes.files import shows
from tests.support import eventually


@shows("half-of-the-log")
def test_consumers_of_one_queue_take_turns_and_queues_get_a_copy_each(url: str) -> None:
    with clients(url, 4) as (publisher, one, two, alone):
        publisher.channel.exchange_declare(exchange="logs", exchange_type="fanout")
        shared = publisher.task_queue("shared_logs")
        publisher.channel.queue_bind(exchange="logs", queue=shared, routing_key="same")
        one.consume(shared)
        two.consume(shared)
        alone.consume(alone.own_queue("logs", "same"))
        publisher.publish("1", "2", "3", "4", exchange="logs")
        one.wait_for("1", "3")
        two.wait_for("2", "4")
        alone.wait_for("1", "2", "3", "4")


@shows("half-of-the-log")
def test_a_prefetch_count_does_not_make_consumers_share_less(url: str) -> None:
    with clients(url, 3) as (publisher, one, two):
        queue = publisher.task_queue()
        one.consume(queue, prefetch=10)
        two.consume(queue, prefetch=10)
        publisher.publish("1", "2", "3", "4", key=queue)
        one.wait_for("1", "3")
        two.wait_for("2", "4")


@shows("miss-nothing")
def test_a_durable_queue_collects_while_its_subscriber_is_away(url: str) -> None:
    with clients(url, 3) as (publisher, billing, again):
        publisher.channel.exchange_declare(exchange="orders", exchange_type="fanout")
        queue = billing.task_queue("billing")
        billing.channel.queue_bind(exchange="orders", queue=queue)
        billing.consume(queue)
        publisher.publish("before", exchange="orders")
        billing.wait_for("before")
        billing.ack("before")
        billing.end()
        publisher.publish("during", exchange="orders")
        again.consume(again.task_queue("billing"))
        again.wait_for("during")


@shows("miss-nothing")
def test_an_exclusive_queue_goes_with_its_connection_and_what_is_in_it(url: str) -> None:
    with clients(url, 3) as (publisher, billing, again):
        publisher.channel.exchange_declare(exchange="orders", exchange_type="fanout", durable=True)
        queue = billing.own_queue("orders")
        billing.consume(queue)  # without auto_ack
        publisher.publish("before", exchange="orders", delivery_mode=2)
        billing.wait_for("before")
        billing.end()
        eventually(lambda: not publisher.exists(queue), "the broker has deleted the queue")
        publisher.publish("during", exchange="orders", delivery_mode=2)  # and it is confirmed
        own = again.own_queue("orders")
        publisher.publish("after", exchange="orders", delivery_mode=2)
        assert again.get(own) == ("after", False)
