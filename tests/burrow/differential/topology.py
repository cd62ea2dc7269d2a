"""The state machine's base, and the rules about queues, exchanges and bindings."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from pamqp import commands as c

from tests.burrow.wire import Json

from . import pools
from .pools import often, seldom, slots
from .side import SLOTS, TX, Side, Slot

ALIKE_WITHIN = 15.0  # seconds for the two brokers to show the same; waited for when they differ
SERIAL = itertools.count(1)
RUN = uuid.uuid4().hex[:6]


class Topology(RuleBasedStateMachine):
    """Every rule runs on both sides and compares the outcome, then all that can be observed."""

    kind: ClassVar[str] = "classic"
    sides: ClassVar[tuple[Side, Side]]
    sequences: ClassVar[int] = 0
    operations: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.prefix = f"d{RUN}{next(SERIAL)}."
        self.body = 0
        self.alike = True  # nothing has differed yet
        self.deaths = False  # whether a queue dead-letters
        self.single: set[str] = set()  # queues with a single active consumer
        self.readers: dict[tuple[Any, str], str] = {}  # how a channel reads a queue
        type(self).sequences += 1

    def full(self, name: str) -> str:
        """The name on both brokers."""
        return self.prefix + name if name else ""

    def both(
        self, slot: int | None, act: Callable[[Side], Json], what: str, pause: float = 0
    ) -> None:
        """Run on both brokers; raises AssertionError with the first thing that differs."""
        type(self).operations += 1
        burrow, rabbit = self.sides
        self.alike = False
        outcomes = [act(side) for side in self.sides]
        if pause:
            time.sleep(pause)  # expiry: both brokers' clocks must have passed 1 ms
        assert outcomes[0] == outcomes[1], f"{what}: burrow {outcomes[0]}, RabbitMQ {outcomes[1]}"
        deadline = time.monotonic() + ALIKE_WITHIN
        while (left := burrow.state(slot)) != (right := rabbit.state(slot)):
            if time.monotonic() > deadline:
                lines = [
                    f"{key}: burrow {left.get(key)}, RabbitMQ {right.get(key)}"
                    for key in sorted({*left, *right})
                    if left.get(key) != right.get(key)
                ]
                raise AssertionError("\n".join([f"after {what}", *lines]).replace(self.prefix, ""))
        self.alike = True

    def slot(self, number: int) -> Slot:
        """The slot on burrow's side; open on both."""
        burrow, _ = (side.slot(number) for side in self.sides)
        return burrow

    def call(self, slot: int, kind: Any, **fields: Any) -> None:
        """A method with its reply."""
        shown = ", ".join(f"{k}={v!r}" for k, v in fields.items())
        self.both(slot, lambda side: side.run(slot, lambda ch: ch.call(kind, **fields)),
                  f"slot {slot}: {kind.name}({shown})")  # fmt: skip

    # topology ------------------------------------------------------------------------------

    def declare(self, slot: int, name: str, args: dict[str, Any], **flags: bool) -> None:
        queue = self.full(name)
        args = {k: self.named(v) for k, v in args.items()}
        self.deaths = self.deaths or "x-dead-letter-exchange" in args
        if "x-single-active-consumer" in args:
            self.single.add(name)
        owner = (slot // 2 if slot < TX else 1) if flags.get("exclusive") else None

        def act(side: Side) -> Json:
            got = side.run(slot, lambda ch: ch.declare(queue, arguments=args, **flags))
            if got and got[0] == "Queue.DeclareOk" and not flags.get("passive"):
                side.queues.setdefault(queue, owner)
            return got

        self.both(slot, act, f"slot {slot}: Queue.Declare({name}, {args}, {flags})")

    def publish_these(
        self, slot: int, exchange: str, key: str, count: int, given: dict[str, Any],
        mandatory: bool = False,
    ) -> None:  # fmt: skip
        """Publish, and wait for the confirms where the slot has them."""
        route = self.full(key) if key in ("q0", "q1", "q2") else key
        first = self.body
        # A dead letter may overtake the next publish, or not: no order is promised between them.
        self.body += 1 if self.deaths else count

        def act(side: Side) -> Json:
            channel = side.slot(slot).channel
            for number in range(first, self.body):
                channel.publish(route, f"m{number}", exchange=self.full(exchange),
                                mandatory=mandatory, **given)  # fmt: skip
            if slot in (0, 2):
                channel.connection.wait_for(
                    lambda: bool(channel.closed or channel.settled() >= channel.published),
                    "no confirm")  # fmt: skip
            return None

        self.both(slot, act, f"slot {slot}: publish({exchange!r}, {key!r}, {given}, m{first}..)",
                  0.004)  # fmt: skip

    def named(self, value: Any) -> Any:
        """`Q:q0` and `X:x0` in arguments become full names."""
        return self.full(value[2:]) if str(value)[:2] in ("Q:", "X:") else value

    @initialize(
        args=st.lists(pools.good_arguments, min_size=2, max_size=2),
        more=st.lists(pools.quorum_arguments, min_size=2, max_size=2),
        kind=st.sampled_from(["direct", "fanout", "topic", "headers"]),
        key=pools.keys,
        count=st.integers(0, 4),
    )
    def topology(
        self, args: list[dict[str, Any]], more: list[dict[str, Any]], kind: str, key: str,
        count: int,
    ) -> None:  # fmt: skip
        for number in (0, 1):
            given = args[number]
            if self.kind == "quorum":
                given = {"x-queue-type": "quorum", **more[number]}
            self.declare(0, f"q{number}", given, durable=True)
        for name, each in (("x0", kind), ("x1", "topic")):
            self.call(0, c.Exchange.Declare, exchange=self.full(name), exchange_type=each)
        self.call(0, c.Queue.Bind, queue=self.full("q1"), exchange=self.full("x1"), routing_key="#")
        self.call(0, c.Queue.Bind, queue=self.full("q0"), exchange=self.full("x0"), routing_key=key)
        for queue in ("q0", "q1"):
            self.publish_these(0, "", queue, count, {})

    @rule(
        slot=slots,
        name=pools.new_queues,
        args=pools.arguments,
        more=pools.quorum_arguments,
        exclusive=seldom,
        auto_delete=seldom,
        passive=seldom,
    )
    def declare_queue(
        self, slot: int, name: str, args: dict[str, Any], more: dict[str, Any], exclusive: bool,
        auto_delete: bool, passive: bool,
    ) -> None:  # fmt: skip
        given = {"x-queue-type": "quorum", **more} if self.kind == "quorum" else args
        self.declare(slot, name, given, durable=not exclusive, exclusive=exclusive,
                     auto_delete=auto_delete, passive=passive)  # fmt: skip

    @rule(
        slot=slots,
        name=pools.exchanges,
        kind=st.sampled_from(["direct", "fanout", "topic", "headers"]),
        auto_delete=seldom,
        internal=seldom,
        spare=st.sampled_from(["", "", "x0", "x1"]),
    )
    def declare_exchange(
        self, slot: int, name: str, kind: str, auto_delete: bool, internal: bool, spare: str
    ) -> None:
        args = {"alternate-exchange": self.full(spare)} if spare else {}
        self.call(
            slot,
            c.Exchange.Declare,
            exchange=self.full(name),
            exchange_type=kind,
            auto_delete=auto_delete,
            internal=internal,
            arguments=args,
        )

    @rule(
        slot=slots, queue=pools.queues, exchange=pools.exchanges, key=pools.keys,
        arguments=pools.binding_arguments, bind=often,
    )  # fmt: skip
    def bind_queue(
        self, slot: int, queue: str, exchange: str, key: str, arguments: dict[str, Any], bind: bool
    ) -> None:
        kind = c.Queue.Bind if bind else c.Queue.Unbind
        self.call(slot, kind, queue=self.full(queue), exchange=self.full(exchange),
                  routing_key=key, arguments=arguments)  # fmt: skip

    @rule(
        slot=slots, to=pools.exchanges, source=pools.exchanges, key=pools.keys,
        arguments=pools.binding_arguments, bind=often,
    )  # fmt: skip
    def bind_exchange(
        self, slot: int, to: str, source: str, key: str, arguments: dict[str, Any], bind: bool
    ) -> None:
        kind = c.Exchange.Bind if bind else c.Exchange.Unbind
        self.call(slot, kind, destination=self.full(to), source=self.full(source),
                  routing_key=key, arguments=arguments)  # fmt: skip

    @rule(slot=slots, exchange=pools.exchanges, if_unused=seldom)
    def delete_exchange(self, slot: int, exchange: str, if_unused: bool) -> None:
        self.call(slot, c.Exchange.Delete, exchange=self.full(exchange), if_unused=if_unused)

    @rule(slot=slots, queue=pools.queues, if_unused=seldom, if_empty=seldom)
    def delete_queue(self, slot: int, queue: str, if_unused: bool, if_empty: bool) -> None:
        self.call(
            slot, c.Queue.Delete, queue=self.full(queue), if_unused=if_unused, if_empty=if_empty
        )

    @rule(slot=slots, queue=pools.queues)
    def purge(self, slot: int, queue: str) -> None:
        self.call(slot, c.Queue.Purge, queue=self.full(queue))

    def teardown(self) -> None:
        """Give everything back, compare what is left and its order, leave nothing behind."""
        try:
            if self.alike:
                for slot in range(SLOTS):
                    self.both(None, partial(Side.give_back, number=slot), f"closing {slot}", 0.003)
                self.both(None, lambda side: side.drain(), "taking what is left")
        finally:
            for side in self.sides:
                side.reset([self.full(name) for name in ("x0", "x1", "x2")])
