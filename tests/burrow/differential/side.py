"""One broker of the two: runs operations and tells everything that a client could observe."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pamqp import commands as c

from tests.burrow.wire import Channel, Closed, Connection, Json

TX = 4  # the slot whose channel is in transaction mode; 0 and 2 confirm, 1 and 3 do neither
SLOTS = 5


@dataclass
class Held:
    """A delivery that waits for its acknowledgement."""

    body: str
    queue: str
    tag: int


@dataclass
class Slot:
    """A channel that operations name by number, opened again when it was closed."""

    channel: Channel
    read: int = 0
    held: list[Held] = field(default_factory=list)
    queues: dict[str, str] = field(default_factory=dict)  # consumer tag -> queue
    no_ack: set[str] = field(default_factory=set)
    seen: dict[str, Json] = field(default_factory=dict)


def classed(closed: Closed) -> Json:
    """How the broker closed: scope, code, the name of the error."""
    return [closed.scope, closed.code, closed.text.split(" ")[0]]


class Side:
    """Connections are kept from one sequence to the next; channels are not."""

    def __init__(self, name: str, url: str, *, consumers: bool = True) -> None:
        self.name, self.url = name, url
        self.consumers = consumers  # whether consumer counts are compared
        self.connections: dict[int, Connection] = {}
        self.slots: dict[int, Slot] = {}
        self.probes: dict[int, Channel] = {}
        self.queues: dict[str, int | None] = {}  # live queue -> owning connection of an exclusive

    def connection(self, number: int) -> Connection:
        """Connection 0 or 1 of the sequence; 2 is the observer's."""
        found = self.connections.get(number)
        if found is None or found.closed or found.socket.fileno() < 0:
            found = self.connections[number] = Connection(self.url)
        return found

    def slot(self, number: int) -> Slot:
        """The slot's channel; slots 0 and 1 share connection 0, the others connection 1."""
        found = self.slots.get(number)
        connection = self.connection(number // 2 if number < TX else 1)
        if found is None or found.channel.closed or found.channel.connection is not connection:
            channel = connection.channel()
            found = self.slots[number] = Slot(channel)
            if number == TX:
                channel.call(c.Tx.Select)
            elif number % 2 == 0:
                channel.confirm_mode()
        return found

    def run(self, number: int, act: Callable[[Channel], Any]) -> Json:
        """Run an operation on a slot's channel: its reply, or how it was closed."""
        slot = self.slot(number)
        try:
            got = act(slot.channel)
        except Closed as closed:
            return classed(closed)
        if isinstance(got, dict) or got is None:
            return got
        consumers = getattr(got, "consumer_count", None) if self.consumers else None
        return [got.name, getattr(got, "message_count", None), consumers]

    def get(self, number: int, queue: str, no_ack: bool) -> Json:
        """basic.get; without `no_ack` the message is held."""
        got = self.run(number, lambda ch: ch.get(queue, no_ack=no_ack))
        if isinstance(got, dict):
            if not no_ack:
                self.slots[number].held.append(Held(got["body"], queue, got["delivery_tag"]))
            got = {key: value for key, value in got.items() if key != "delivery_tag"}
        return got

    def consume(self, number: int, queue: str, tag: str, **fields: Any) -> Json:
        """basic.consume; remembers which queue the tag's deliveries come from."""
        slot = self.slot(number)
        if tag not in slot.queues:
            slot.queues[tag] = queue
            (slot.no_ack.add if fields.get("no_ack") else slot.no_ack.discard)(tag)
        return self.run(number, lambda ch: ch.call(
            c.Basic.Consume, queue=queue, consumer_tag=tag, **fields))  # fmt: skip

    def barrier(self) -> None:
        """Round trips on every channel, so that what the broker wrote before has been read."""
        for slot in self.slots.values():
            channel = slot.channel
            if not (channel.closed or channel.connection.closed):
                try:
                    channel.call(c.Exchange.Declare, exchange="amq.direct", passive=True)
                except Closed:
                    continue
        for connection in self.connections.values():
            while connection.pump(0):
                pass

    def counts(self, first: int | None = None) -> Json:
        """Ready messages and consumers of each live queue; queues that are gone are forgotten.

        Asked on slot `first` where possible: a channel's questions arrive after its publishes.
        """
        found: dict[str, Json] = {}
        for queue, owner in list(self.queues.items()):
            for asker in (first, None):
                if asker is None:
                    channel = self.probe(2 if owner is None else owner)
                elif asker in self.slots and not self.slots[asker].channel.closed:
                    channel = self.slots[asker].channel
                    if owner is not None and channel.connection is not self.connections.get(owner):
                        continue
                    if queue not in found:
                        continue  # first make sure, by the probe, that asking closes nothing
                else:
                    continue
                try:
                    got = channel.declare(queue, passive=True)
                    found[queue] = [
                        got.message_count,
                        got.consumer_count if self.consumers else None,
                    ]
                except Closed as closed:
                    found.pop(queue, None)
                    if closed.code == 404:
                        self.queues.pop(queue, None)
        return found

    def probe(self, number: int) -> Channel:
        """The observer's channel on a connection."""
        found, connection = self.probes.get(number), self.connection(number)
        if found is None or found.closed or found.connection is not connection:
            found = self.probes[number] = connection.channel()
        return found

    def state(self, first: int | None = None) -> Json:
        """Everything observable after an operation, in a form that two brokers can share."""
        counts = self.counts(first)
        self.barrier()
        return {
            "counts": counts,
            **{str(n): self.observe(s) for n, s in sorted(self.slots.items())},
        }

    def observe(self, slot: Slot) -> Json:
        """What the slot has received: deliveries by consumer, confirms, returns, cancels, close."""
        seen, channel = slot.seen, slot.channel
        for event in itertools.islice(channel.events, slot.read, None):
            kind, tag = event["event"], event.get("consumer_tag")
            if kind == "deliver":
                shown = {k: event[k] for k in (
                    "body", "redelivered", "exchange", "routing_key", "properties")}  # fmt: skip
                seen.setdefault("deliver " + tag, []).append(shown)
                if tag not in slot.no_ack:
                    slot.held.append(Held(event["body"], slot.queues[tag], event["delivery_tag"]))
            elif kind in ("confirm", "nacked"):
                low = 1 if event["multiple"] else event["tag"]
                known = {*seen.get("confirm", []), *seen.get("nacked", [])}
                fresh = [n for n in range(low, event["tag"] + 1) if n not in known]
                seen[kind] = sorted([*seen.get(kind, []), *fresh])
            elif kind == "cancel":
                seen["cancel"] = sorted([*seen.get("cancel", []), event["consumer"]])
            else:
                shown = {k: v for k, v in event.items() if k != "event"}
                seen.setdefault("return", []).append(shown)
        slot.read = len(channel.events)
        closed = channel.closed or channel.connection.closed
        if closed:
            slot.held.clear()
        return {**seen, "closed": classed(closed) if closed else None}

    def drop(self, number: int, politely: bool) -> None:
        """End connection 0 or 1: with a close, or without a word."""
        connection = self.connection(number)
        connection.close() if politely else connection.abort()
        connection.closed = connection.closed or Closed("client")
        for queue, owner in list(self.queues.items()):
            if owner == number:
                del self.queues[queue]
        for slot in self.slots.values():
            if slot.channel.connection is connection:
                slot.held.clear()

    def give_back(self, number: int) -> None:
        """Close a slot's channel if it is open, so that what it held returns."""
        slot = self.slots.pop(number, None)
        if slot and not (slot.channel.closed or slot.channel.connection.closed):
            slot.channel.close()

    def drain(self) -> Json:
        """Every message left in queues that all may use, in order, taken away."""
        left: dict[str, Json] = {}
        for queue in sorted(queue for queue, owner in self.queues.items() if owner is None):
            seen = left[queue] = []
            try:
                while (got := self.probe(2).get(queue, no_ack=True)) is not None:
                    seen.append({k: v for k, v in got.items() if k != "delivery_tag"})
            except Closed as closed:
                seen.append(classed(closed))
        return left

    def reset(self, exchanges: list[str]) -> None:
        """Close the sequence's channels and delete what it made; connections stay."""
        for queue, owner in self.queues.items():
            self.delete(c.Queue.Delete, 2 if owner is None else owner, queue=queue)
        for exchange in exchanges:
            self.delete(c.Exchange.Delete, 2, exchange=exchange)
        for number in range(SLOTS):
            with contextlib.suppress(Closed):
                self.give_back(number)
        self.queues.clear()

    def delete(self, kind: Any, number: int, **fields: str) -> None:
        """Delete through the observer's channel; refusals do not matter."""
        try:
            self.probe(number).call(kind, **fields)
        except Closed:
            self.probes.pop(number, None)

    def close(self) -> None:
        """Close all connections."""
        for connection in self.connections.values():
            connection.close()
