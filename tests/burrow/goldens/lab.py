"""What a scenario is given: connections, names of its own, polling, and a record free of chance."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from pamqp import base, commands

from tests.burrow.wire import Channel, Closed, Connection, Json

OCTETS = re.compile(r"<<[0-9,]*>>")
DEPRECATED = re.compile(r"(Feature `\w+` is deprecated\.)(?:\\.|[^\"\\])*")  # the rest: its setting
DELETES = ((commands.Queue.Delete, "queue"), (commands.Exchange.Delete, "exchange"))
GENERATED = re.compile(r"amq\.(gen|ctag)-[A-Za-z0-9_-]+")
REPLY_TO = re.compile(r"amq\.rabbitmq\.reply-to\.[^\"\\ ']+")


class Lab:
    """One scenario's run on one broker. Everything it named is deleted by `close`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.prefix = f"g{uuid.uuid4().hex[:10]}."
        self.named: list[str] = []
        self.connections: list[Connection] = []
        self._channel: Channel | None = None

    def name(self, short: str) -> str:
        """The broker-wide unique name of `short`; recorded as `short`."""
        self.named.append(self.prefix + short)
        return self.prefix + short

    def connect(self, **options: Any) -> Connection:
        """A new connection, closed at the end of the scenario."""
        made = Connection(self.url, **options)
        self.connections.append(made)
        return made

    @property
    def ch(self) -> Channel:
        """The scenario's usual channel; a new one when the last was closed."""
        if self._channel is None or self._channel.closed or self._channel.connection.closed:
            self._channel = self.connect().channel()
        return self._channel

    def queue(
        self, short: str = "q", arguments: dict[str, Any] | None = None, **fields: Any
    ) -> str:
        """Declare a queue (durable unless told otherwise); its full name."""
        fields.setdefault("durable", True)
        name = self.name(short)
        self.ch.declare(name, arguments=arguments or {}, **fields)
        return name

    def quorum(self, short: str = "q", **arguments: Any) -> str:
        """Declare a quorum queue; `delivery_limit=3` means `x-delivery-limit`."""
        extra = {f"x-{key.replace('_', '-')}": value for key, value in arguments.items()}
        return self.queue(short, {"x-queue-type": "quorum", **extra})

    def exchange(self, short: str = "x", kind: str = "direct", **fields: Any) -> str:
        """Declare an exchange; its full name."""
        name = self.name(short)
        self.ch.exchange(name, kind, **fields)
        return name

    def confirming(self, connection: Connection | None = None) -> Channel:
        """A new channel in confirm mode."""
        made = (connection or self.ch.connection).channel()
        made.confirm_mode()
        return made

    def publish(self, queue: str, *bodies: str, **fields: Any) -> None:
        """Publish to the default exchange (or `exchange=`) and wait for the confirms."""
        publisher = self.confirming()
        for each in bodies:
            publisher.confirmed(queue, each, **fields)
        publisher.close()

    def tries(self, *acts: Callable[..., Any]) -> Json:
        """Run these in turn on one channel of a new connection: the last one's reply as JSON, or
        how the channel was closed.
        """
        connection = self.connect()
        try:
            made = connection.channel()
            got = [act(made) for act in acts][-1]
            made.call(commands.Basic.Qos, prefetch_count=0)  # errors of asynchronous methods
            return self.plain(got)
        except Closed as closed:
            return closed.seen()
        finally:
            connection.close()

    def plain(self, got: Any) -> Json:
        """A reply frame as JSON."""
        if isinstance(got, base.Frame):
            return {"reply": got.name, **dict(got)}
        return got if got is not None else "ok"

    def drain(
        self, queue: str, count: int, *, no_ack: bool = True, within: float = 10.0
    ) -> list[Json]:
        """`count` messages by basic.get, polling; then one more look for a message too many."""
        got: list[Json] = []
        deadline = time.monotonic() + within
        while len(got) < count and time.monotonic() < deadline:
            message = self.ch.get(queue, no_ack=no_ack)
            if message is None:
                time.sleep(0.005)
            else:
                got.append(message)
        extra = self.ch.get(queue, no_ack=no_ack)
        return [*got, *([extra] if extra else [])]

    def bodies(self, queue: str, count: int, **options: Any) -> list[str]:
        """As `drain`, bodies only."""
        return [message["body"] for message in self.drain(queue, count, **options)]

    def count(
        self, queue: str, expected: int | None, within: float = 10.0, every: float = 0.01
    ) -> int | None:
        """Messages ready, polled until `expected` (None: the queue is gone) or the deadline (s).

        A passive declare renews the lease of a queue with `x-expires`: look at such a queue
        only `every` so many seconds, more than its lease.
        """
        deadline = time.monotonic() + within
        while True:
            probe = self.connect()
            try:
                seen: int | None = probe.channel().declare(queue, passive=True).message_count
            except Closed as closed:
                if closed.code != 404:
                    raise
                seen = None
            finally:
                probe.close()
            if seen == expected or time.monotonic() > deadline:
                return seen
            time.sleep(every)

    def record(self, seen: Json) -> Json:
        """The observation with generated names replaced by what they stand for."""
        text = json.dumps(seen, sort_keys=True).replace(self.prefix, "")
        text = OCTETS.sub("<<*>>", text)
        text = DEPRECATED.sub(r"\1", text)
        text = GENERATED.sub(r"amq.\1-*", text)
        return json.loads(REPLY_TO.sub("amq.rabbitmq.reply-to.*", text))

    def close(self) -> None:
        """Close all connections, then delete what was declared."""
        for connection in self.connections:
            connection.close()
        sweep = Connection(self.url)
        channel = sweep.channel()
        for name in self.named:
            for kind, field in DELETES:
                try:
                    channel.call(kind, **{field: name})
                except Closed:
                    sweep = Connection(self.url) if sweep.closed else sweep
                    channel = sweep.channel()
        sweep.close()


def brief(message: Json | None) -> Json:
    """Body, redelivered flag, exchange, routing key and properties of a message."""
    if message is None:
        return None
    keys = ("body", "redelivered", "exchange", "routing_key", "properties")
    return {key: message[key] for key in keys if key in message}


def bodies(messages: list[Json]) -> list[str]:
    """The bodies, in order."""
    return [message["body"] for message in messages]
