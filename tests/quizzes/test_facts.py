"""What the keys of module 3 claim where no key is executed: shown on RabbitMQ, one by one."""

from collections.abc import Callable, Iterator

import pika
import pytest

from course.brokers import Broker
from course.quiz.models import EXECUTED
from tests.quizzes.clients import clients
from tests.quizzes.files import MODULE_3
from tests.support import eventually

SHOWN: set[str] = set()
JUDGED_BY_PEOPLE = {"what-to-ask-this-way"}  # which pattern fits is not for a broker to say


def shows(question: str) -> Callable:
    """Marks the test of what this question's key claims."""
    SHOWN.add(question)
    return lambda test: test


@pytest.fixture
def url(rabbitmq: Broker) -> Iterator[str]:
    with rabbitmq.new_vhost() as url:
        yield url


def test_every_key_is_executed_or_shown_here() -> None:
    asked = {q.id for q in MODULE_3.questions if not isinstance(q, EXECUTED)}
    assert asked == SHOWN | JUDGED_BY_PEOPLE


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
def test_what_is_on_disk_in_a_durable_queue_survives_a_restart(rabbitmq: Broker, url: str) -> None:
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
        rabbitmq.restart()
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


@shows("where-the-reply-goes")
def test_the_default_exchange_routes_to_the_queue_of_that_name(url: str) -> None:
    with clients(url, 2) as (server, client):
        requests = server.task_queue("rpc_queue")
        replies = client.channel.queue_declare(queue="", exclusive=True).method.queue
        server.publish("right", key=replies, correlation_id="17")
        server.publish("wrong", key=requests, correlation_id="17")
        for nowhere in ("17", "reply_to"):
            with pytest.raises(pika.exceptions.UnroutableError):
                server.channel.basic_publish(
                    exchange="", routing_key=nowhere, body=b"wrong", mandatory=True
                )
        assert client.get(replies) == ("right", False)
        assert server.get(requests) == ("wrong", False)


@shows("one-answer-behind")
def test_a_client_that_takes_any_reply_stays_one_behind(url: str) -> None:
    with clients(url, 2) as (server, client):
        replies = client.channel.queue_declare(queue="", exclusive=True).method.queue
        server.publish("reply 1", key=replies, correlation_id="1")  # too late
        answers = []
        for number in ("2", "3", "4"):
            server.publish(f"reply {number}", key=replies, correlation_id=number)
            answers.append(client.get(replies))
        assert answers == [("reply 1", False), ("reply 2", False), ("reply 3", False)]


@shows("a-servers-order")
def test_a_server_that_acknowledges_first_can_leave_no_reply_behind(url: str) -> None:
    with clients(url, 2) as (client, server):
        requests = client.task_queue("rpc_queue")
        client.publish("fib(20)", key=requests)
        server.consume(requests, prefetch=1)
        server.wait_for("fib(20)")
        server.ack("fib(20)")
        server.end()  # killed before it replies
        assert client.get(requests) is None


@shows("a-servers-order")
def test_a_server_that_acknowledges_last_can_reply_twice_but_not_never(url: str) -> None:
    with clients(url, 3) as (client, server, second):
        requests = client.task_queue("rpc_queue")
        replies = client.channel.queue_declare(queue="", exclusive=True).method.queue
        client.publish("fib(20)", key=requests)
        server.consume(requests, prefetch=1)
        server.wait_for("fib(20)")
        server.publish("6765", key=replies)
        server.end()  # killed before it acknowledges
        second.consume(requests, prefetch=1)
        second.wait_for("fib(20)")
        second.publish("6765", key=replies)
        second.ack("fib(20)")
        assert client.get(replies) == ("6765", False)
        assert client.get(replies) == ("6765", False)


@shows("after-a-timeout")
def test_a_request_outlives_its_client_unless_it_expires(url: str) -> None:
    with clients(url, 2) as (client, server):
        requests = client.task_queue("rpc_queue")
        client.publish("for ever", key=requests)
        client.publish("for a moment", key=requests, expiration="50")
        client.end()
        assert server.get(requests) == ("for ever", False)
        eventually(lambda: server.ready(requests) == 0, "the other request has expired")


@shows("after-a-timeout")
def test_an_expiration_takes_back_nothing_that_a_server_has(url: str) -> None:
    with clients(url, 2) as (client, server):
        requests = client.task_queue("rpc_queue")
        server.consume(requests, prefetch=1)
        client.publish("taken", "waiting", key=requests, expiration="1000")
        server.wait_for("taken")
        server.wait_until(lambda: client.ready(requests) == 0, "the other request has expired")
        server.ack("taken")  # still the server's: an unknown tag would close the channel
        assert client.ready(requests) == 0
        server.wait_for("taken")


@shows("one-bad-request")
def test_one_bad_request_visits_every_server(url: str) -> None:
    with clients(url, 4) as (client, *servers):
        requests = client.task_queue("rpc_queue")
        for server in servers:
            server.consume(requests, prefetch=1)
        client.publish("banana", key=requests)
        waiting = list(servers)
        for _ in servers:
            victim: list = []

            def somebody_has_it(victim: list = victim) -> bool:
                for server in waiting:
                    server.connection.process_data_events(time_limit=0.01)
                    if server.deliveries:
                        victim.append(server)
                return bool(victim)

            eventually(somebody_has_it, "the request goes to a server that is left")
            waiting.remove(victim[0])
            victim[0].end()  # its exception ends the program
        eventually(lambda: client.ready(requests) == 1, "it waits for the next server")


@shows("one-bad-request")
def test_a_quorum_queue_gives_up_after_20_failed_redeliveries(rabbitmq: Broker, url: str) -> None:
    if rabbitmq.capabilities.version < (4, 0):
        pytest.skip("the limit came with RabbitMQ 4.0")
    with clients(url, 1) as (client,):
        requests = client.task_queue("rpc_queue")
        client.publish("banana", key=requests)
        for _ in range(21):
            method, _, _ = client.channel.basic_get(queue=requests)
            client.channel.basic_reject(delivery_tag=method.delivery_tag, requeue=True)
        eventually(lambda: client.ready(requests) == 0, "the queue has given up")


@shows("direct-reply-lost")
def test_a_direct_reply_to_a_client_that_left_is_dropped_and_confirmed(url: str) -> None:
    address = "amq.rabbitmq.reply-to"
    with clients(url, 3) as (server, client, again):
        requests = server.task_queue("rpc_queue")
        client.consume(address, auto_ack=True)
        client.publish("question", key=requests, reply_to=address)
        client.end()
        server.consume(requests)
        server.wait_for("question")
        again.consume(address, auto_ack=True)  # the client is back
        _, question, _ = server.deliveries[0]
        server.publish("too late", key=question.reply_to)  # no error
        server.ack("question")
        again.publish("new question", key=requests, reply_to=address)
        server.wait_for("question", "new question")
        _, question, _ = server.deliveries[1]
        server.publish("new answer", key=question.reply_to)
        again.wait_for("new answer")
        assert server.ready(requests) == 0, "the reply did not become a request"
