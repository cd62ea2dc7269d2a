"""Dead letters: the history of a message's deaths, its x-death header, and the cycle rule. Pure.

Facts: RabbitMQ docs, "Dead Letter Exchanges"; since 4.0 the history is kept by the broker and an
x-death header that a client publishes is not read.
"""

import struct
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from burrow.message import Message, header_with, read_properties
from burrow.wire import tables


class Death(NamedTuple):
    """All deaths in one queue for one reason, as an element of x-death tells of them.

    `time` is that of the first, in s since 1970.
    """

    count: int  # type: ignore[assignment]  # a tuple's method of this name is not needed
    reason: str
    queue: str
    time: int
    exchange: str
    routing_keys: Sequence[str]
    original_expiration: str | None

    def table(self) -> dict[str, Any]:
        """The names and values of that element."""
        told = {k.replace("_", "-"): v for k, v in self._asdict().items() if v is not None}
        return told | {"time": b"T" + struct.pack(">Q", self.time)}


class Deaths(NamedTuple):
    """A message's whole history: which death was the very first, and all, the latest first."""

    first: Death
    records: tuple[Death, ...]
    published_size: int  # see Message

    def is_cycle(self, queue: str) -> bool:
        """Whether going to `queue` again would be an endless loop that no client takes part in."""
        names = [death.queue for death in self.records]
        if queue not in names:
            return False
        return all(d.reason != "rejected" for d in self.records[: names.index(queue) + 1])


def record(deaths: Deaths | None, death: Death, published_size: int) -> Deaths:
    """The history with one more death; a queue and reason that are known are counted up."""
    if deaths is None:
        return Deaths(death, (death,), published_size)
    others = []
    for old in deaths.records:
        if old[1:3] == death[1:3]:
            death = old._replace(count=old.count + 1)
        else:
            others.append(old)
    return deaths._replace(records=(death, *others))


def dead_letter(
    message: Message, queue: str, reason: str, exchange: str, key: str | None, failures: int
) -> Message:
    """The message as it is published to the dead-letter exchange.

    `reason` is one of rejected, expired, maxlen, delivery_limit. `key` None keeps its own keys.
    `failures` is how many of its deliveries failed.
    """
    expiration = message.properties.expiration
    shown = list(message.keys)
    for hidden in message.keys[len(shown) - message.blind :]:
        shown.remove(hidden)  # the first that is equal, as RabbitMQ does
    old = None if expiration is None else str(expiration)
    death = Death(1, reason, queue, int(time.time()), message.exchange, shown, old)
    deaths = record(message.deaths, death, message.published_size)
    fields = [
        (name, value)
        for name, value in message.properties.headers or []
        if name != b"x-death" and not name.startswith((b"x-first-death-", b"x-last-death-"))
    ]
    fields.append((b"x-death", tables.encode([one.table() for one in deaths.records])))
    for which, one in (("first", deaths.first), ("last", deaths.records[0])):
        for name in ("exchange", "queue", "reason"):
            field = f"x-{which}-death-{name}".encode()
            fields.append((field, tables.encode(getattr(one, name))))
    header = header_with(message.header, headers=tables.table(fields), expiration=None)
    keys, blind = (message.keys, message.blind) if key is None else ((key,), 0)
    properties = read_properties(header)
    return Message(exchange, keys, header, message.body, properties, deaths, blind, failures)
