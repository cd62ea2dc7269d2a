"""Small clients for the tests of facts: programs that consume, hold, and end."""

import contextlib
from collections.abc import Callable, Iterator

import pika

from tests.support import eventually

QUORUM = {"x-queue-type": "quorum"}


class Client:
    """One connection, and the deliveries that it has got."""

    def __init__(self, url: str) -> None:
        self.connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel = self.connection.channel()
        self.deliveries: list = []

    def task_queue(self, name: str = "task_queue") -> str:
        self.channel.queue_declare(queue=name, durable=True, arguments=QUORUM)
        return name

    def own_queue(self, exchange: str, key: str = "") -> str:
        """A temporary queue, bound."""
        queue = self.channel.queue_declare(queue="", exclusive=True).method.queue
        self.channel.queue_bind(exchange=exchange, queue=queue, routing_key=key)
        return queue

    def publish(self, *bodies: str, exchange: str = "", key: str = "", **properties) -> None:
        """Publish, and return when the broker has confirmed it."""
        self.channel.confirm_delivery()
        for body in bodies:
            self.channel.basic_publish(
                exchange=exchange,
                routing_key=key,
                body=body,
                properties=pika.BasicProperties(**properties),
            )

    def consume(self, queue: str, prefetch: int = 0, auto_ack: bool = False) -> None:
        self.channel.basic_qos(prefetch_count=prefetch)
        self.channel.basic_consume(queue=queue, on_message_callback=self._got, auto_ack=auto_ack)

    def _got(self, channel, method, properties, body) -> None:
        self.deliveries.append((method, properties, body.decode()))

    def bodies(self) -> list[str]:
        return [body for _, _, body in self.deliveries]

    def wait_for(self, *bodies: str) -> None:
        """Return when these deliveries have come, in this order and no others."""
        self.wait_until(lambda: len(self.deliveries) >= len(bodies), f"{bodies} arrive")
        assert self.bodies() == list(bodies)

    def wait_until(self, check: Callable[[], object], what: str) -> None:
        def look() -> object:
            self.connection.process_data_events(time_limit=0.02)
            return check()

        eventually(look, what)

    def ack(self, body: str) -> None:
        tags = [method.delivery_tag for method, _, b in self.deliveries if b == body]
        self.channel.basic_ack(delivery_tag=tags[-1])

    def ready(self, queue: str) -> int:
        """How many messages the queue holds for whoever comes."""
        return self.channel.queue_declare(queue=queue, passive=True).method.message_count

    def exists(self, queue: str) -> bool:
        """Whether the broker has this queue, whoever may use it."""
        channel = self.connection.channel()  # a missing queue closes the channel
        try:
            channel.queue_declare(queue=queue, passive=True)
        except pika.exceptions.ChannelClosedByBroker as error:
            return error.reply_code != 404
        channel.close()
        return True

    def get(self, queue: str) -> tuple[str, bool] | None:
        """One message and its mark `redelivered`, acknowledged; None from an empty queue."""
        method, _, body = self.channel.basic_get(queue=queue, auto_ack=True)
        return None if method is None else (body.decode(), method.redelivered)

    def end(self) -> None:
        """Close the connection. What is unacknowledged returns, as when the program is killed."""
        self.connection.close()


@contextlib.contextmanager
def clients(url: str, count: int) -> Iterator[list[Client]]:
    """So many clients, whose connections are closed at the end."""
    with contextlib.ExitStack() as stack:
        made = []
        for _ in range(count):
            made.append(Client(url))
            stack.callback(_close, made[-1])
        yield made


def _close(client: Client) -> None:
    with contextlib.suppress(pika.exceptions.AMQPError):
        client.connection.close()
