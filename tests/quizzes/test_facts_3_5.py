"""What the keys on RPC claim where no key is executed: shown on RabbitMQ."""

import pika
import pytest

from course.brokers import Broker
from tests.quizzes.clients import clients
from tests.quizzes.files import shows
from tests.support import eventually


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
def test_a_quorum_queue_gives_up_after_20_failed_redeliveries(broker: Broker, url: str) -> None:
    if broker.capabilities.version < (4, 0):
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
