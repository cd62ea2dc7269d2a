"""Dead letters: the history of a message's deaths, its x-death header, and the cycle rule.

Facts: RabbitMQ docs, "Dead Letter Exchanges"; since 4.0 the history is kept by the broker and an
x-death header that a client publishes is not read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from burrow import tables
from burrow.message import Message, read_properties, with_headers
from burrow.message import header_with as change_header


@dataclass(frozen=True)
class Death:
    """All deaths in one queue for one reason; `time` is that of the first, in s since 1970."""

    queue: str
    reason: str
    count: int
    time: int
    exchange: str
    keys: tuple[str, ...]
    expiration: str | None

    def encoded(self) -> bytes:
        """As one element of the x-death array."""
        fields = [
            (b"count", tables.long(self.count)),
            (b"reason", tables.string(self.reason)),
            (b"queue", tables.string(self.queue)),
            (b"time", tables.timestamp(self.time)),
            (b"exchange", tables.string(self.exchange)),
            (b"routing-keys", tables.array([tables.string(key) for key in self.keys])),
        ]
        if self.expiration is not None:
            fields.append((b"original-expiration", tables.string(self.expiration)))
        return tables.table(fields)


@dataclass(frozen=True)
class Deaths:
    """A message's whole history: the latest death first, and which was the very first."""

    records: tuple[Death, ...]
    first: Death

    def written(self) -> list[list[Any]]:
        """As lists that JSON can hold: the very first death, then the records."""
        return [list(vars(death).values()) for death in (self.first, *self.records)]

    @staticmethod
    def read(rows: list[list[Any]]) -> Deaths:
        """What `written` made."""
        first, *records = (
            Death(queue, reason, count, seconds, exchange, tuple(keys), expiration)
            for queue, reason, count, seconds, exchange, keys, expiration in rows
        )
        return Deaths(tuple(records), first)

    def is_cycle(self, queue: str) -> bool:
        """Whether going to `queue` again would be an endless loop that no client takes part in."""
        names = [death.queue for death in self.records]
        if queue not in names:
            return False
        return all(d.reason != "rejected" for d in self.records[: names.index(queue) + 1])


def record(deaths: Deaths | None, death: Death) -> Deaths:
    """The history with one more death; a queue and reason that are known are counted up."""
    if deaths is None:
        return Deaths((death,), death)
    others = []
    for old in deaths.records:
        if (old.queue, old.reason) == (death.queue, death.reason):
            death = replace(old, count=old.count + 1)
        else:
            others.append(old)
    return Deaths((death, *others), deaths.first)


def dead_letter(message: Message, queue: str, reason: str, exchange: str, key: str | None,
                failures: int) -> Message:  # fmt: skip
    """The message as it is published to the dead-letter exchange.

    `reason` is one of rejected, expired, maxlen, delivery_limit. `key` None keeps its own keys.
    `failures` is how many of its deliveries failed.
    """
    header = message.header
    expiration = message.properties.expiration
    shown = list(message.keys)
    for hidden in message.keys[len(shown) - message.blind :]:
        shown.remove(hidden)  # the first that is equal, as RabbitMQ does
    death = Death(queue, reason, 1, int(time.time()), message.exchange, tuple(shown),
                  None if expiration is None else str(expiration))  # fmt: skip
    deaths = record(message.deaths, death)
    fields = [
        (name, value)
        for name, value in message.properties.headers or []
        if not name.startswith((b"x-first-death-", b"x-last-death-")) and name != b"x-death"
    ]
    fields.append((b"x-death", tables.array([one.encoded() for one in deaths.records])))
    for which, one in (("first", deaths.first), ("last", deaths.records[0])):
        fields += [
            (f"x-{which}-death-exchange".encode(), tables.string(one.exchange)),
            (f"x-{which}-death-queue".encode(), tables.string(one.queue)),
            (f"x-{which}-death-reason".encode(), tables.string(one.reason)),
        ]
    header = with_headers(header, fields)
    if expiration is not None:
        header = change_header(header, {"expiration": None})
    keys = message.keys if key is None else (key,)
    return Message(exchange, keys, header, message.body, read_properties(header), deaths,
                   blind=message.blind if key is None else 0, failures=failures)  # fmt: skip
