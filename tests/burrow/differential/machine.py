"""The state machine: small sets of names and arguments, so that operations meet each other."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from pamqp import commands as c

from tests.burrow.wire import Channel, Json

from .side import SLOTS, TX, Held, Side, Slot

ALIKE_WITHIN = 2.0  # seconds for the two brokers to show the same
SERIAL = itertools.count(1)
RUN = uuid.uuid4().hex[:6]

queues = st.sampled_from(["q0", "q0", "q0", "q1", "q1", "q1", "q2"])
new_queues = st.sampled_from(["q2", "q2", "q2", "q0", "q1"])
exchanges = st.sampled_from(["x0", "x0", "x0", "x1", "x1", "x1", "x2"])
keys = st.sampled_from(["q0", "q1", "a", "a.b", "b", "#", "*", "a.*", "#.b"])
slots = st.integers(0, SLOTS - 1)
tags = st.sampled_from(["t0", "t1"])
often = st.sampled_from([True, True, True, False])
seldom = st.sampled_from([False, False, False, False, True])
arguments = st.sampled_from([
    {}, {}, {}, {"x-max-length": 2}, {"x-max-length": 2, "x-overflow": "reject-publish"},
    {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "Q:q0"},
    {"x-dead-letter-exchange": "X:x0"},
    {"x-max-length": 1, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "Q:q1"},
    {"x-message-ttl": 1, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "Q:q1"},
    {"x-message-ttl": 0}, {"x-single-active-consumer": True}, {"x-max-priority": 3},
    {"x-max-length": 1, "x-overflow": "reject-publish-dlx", "x-dead-letter-exchange": "",
     "x-dead-letter-routing-key": "Q:q0"},
    {"x-max-length-bytes": 6}, {"x-mine": 1},
    {"x-max-length": -1}, {"x-overflow": "no"}, {"x-message-ttl": "1"},
])  # fmt: skip
quorum_arguments = st.sampled_from([
    {}, {}, {"x-delivery-limit": 1}, {"x-max-length": 2}, {"x-single-active-consumer": True},
    {"x-delivery-limit": 0, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "Q:q0"},
])  # fmt: skip


class Brokers(RuleBasedStateMachine):
    """Every rule runs on both sides and compares the outcome, then all that can be observed."""

    kind: ClassVar[str] = "classic"
    sides: ClassVar[tuple[Side, Side]]
    sequences: ClassVar[int] = 0
    operations: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.prefix = f"d{RUN}{next(SERIAL)}."
        self.body = 0
        type(self).sequences += 1

    def full(self, name: str) -> str:
        """The name on both brokers."""
        return self.prefix + name if name else ""

    def both(self, slot: int | None, act: Callable[[Side], Json], what: str, pause: float = 0) -> None:
        """Run on both brokers; raises AssertionError with the first thing that differs."""
        type(self).operations += 1
        burrow, rabbit = self.sides
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

    def slot(self, number: int) -> Slot:
        """The slot on burrow's side; open on both."""
        return [side.slot(number) for side in self.sides][0]

    def call(self, slot: int, kind: Any, **fields: Any) -> None:
        """A method with its reply."""
        shown = ", ".join(f"{k}={v!r}" for k, v in fields.items())
        self.both(slot, lambda side: side.run(slot, lambda ch: ch.call(kind, **fields)),
                  f"slot {slot}: {kind.name}({shown})")  # fmt: skip

    # topology ------------------------------------------------------------------------------

    def declare(self, slot: int, name: str, args: dict[str, Any], **flags: bool) -> None:
        queue = self.full(name)
        args = {k: self.named(v) for k, v in args.items()}
        owner = (slot // 2 if slot < TX else 1) if flags.get("exclusive") else None

        def act(side: Side) -> Json:
            got = side.run(slot, lambda ch: ch.declare(queue, arguments=args, **flags))
            if got and got[0] == "Queue.DeclareOk" and not flags.get("passive"):
                side.queues.setdefault(queue, owner)
            return got

        self.both(slot, act, f"slot {slot}: Queue.Declare({name}, {args}, {flags})")

    def named(self, value: Any) -> Any:
        """`Q:q0` and `X:x0` in arguments become full names."""
        return self.full(value[2:]) if str(value)[:2] in ("Q:", "X:") else value

    @initialize(
        args=st.lists(arguments, min_size=2, max_size=2), more=st.lists(quorum_arguments, min_size=2,
        max_size=2), kind=st.sampled_from(["direct", "fanout", "topic"]), key=keys)  # fmt: skip
    def topology(self, args: list[dict[str, Any]], more: list[dict[str, Any]], kind: str, key: str) -> None:
        for number in (0, 1):
            given = args[number]
            if self.kind == "quorum":
                given = {"x-queue-type": "quorum", **more[number]}
            self.declare(0, f"q{number}", given, durable=True)
        for name, each in (("x0", kind), ("x1", "topic")):
            self.call(0, c.Exchange.Declare, exchange=self.full(name), exchange_type=each)
        self.call(0, c.Queue.Bind, queue=self.full("q1"), exchange=self.full("x1"), routing_key="#")
        self.call(0, c.Queue.Bind, queue=self.full("q0"), exchange=self.full("x0"), routing_key=key)

    @rule(slot=slots, name=new_queues, args=arguments, more=quorum_arguments, exclusive=seldom,
          auto_delete=seldom, passive=seldom)  # fmt: skip
    def declare_queue(
        self, slot: int, name: str, args: dict[str, Any], more: dict[str, Any], exclusive: bool,
        auto_delete: bool, passive: bool,
    ) -> None:  # fmt: skip
        given = {"x-queue-type": "quorum", **more} if self.kind == "quorum" else args
        self.declare(slot, name, given, durable=not exclusive, exclusive=exclusive,
                     auto_delete=auto_delete, passive=passive)  # fmt: skip

    @rule(slot=slots, name=exchanges, kind=st.sampled_from(["direct", "fanout", "topic", "headers"]),
          auto_delete=seldom, internal=seldom, spare=st.sampled_from(["", "", "x0", "x1"]))  # fmt: skip
    def declare_exchange(
        self, slot: int, name: str, kind: str, auto_delete: bool, internal: bool, spare: str
    ) -> None:
        args = {"alternate-exchange": self.full(spare)} if spare else {}
        self.call(slot, c.Exchange.Declare, exchange=self.full(name), exchange_type=kind,
                  auto_delete=auto_delete, internal=internal, arguments=args)  # fmt: skip

    @rule(slot=slots, queue=queues, exchange=exchanges, key=keys, bind=often)
    def bind_queue(self, slot: int, queue: str, exchange: str, key: str, bind: bool) -> None:
        kind = c.Queue.Bind if bind else c.Queue.Unbind
        self.call(slot, kind, queue=self.full(queue), exchange=self.full(exchange), routing_key=key)

    @rule(slot=slots, to=exchanges, source=exchanges, key=keys, bind=often)
    def bind_exchange(self, slot: int, to: str, source: str, key: str, bind: bool) -> None:
        kind = c.Exchange.Bind if bind else c.Exchange.Unbind
        self.call(slot, kind, destination=self.full(to), source=self.full(source), routing_key=key)

    @rule(slot=slots, exchange=exchanges, if_unused=seldom)
    def delete_exchange(self, slot: int, exchange: str, if_unused: bool) -> None:
        self.call(slot, c.Exchange.Delete, exchange=self.full(exchange), if_unused=if_unused)

    @rule(slot=slots, queue=queues, if_unused=seldom, if_empty=seldom)
    def delete_queue(self, slot: int, queue: str, if_unused: bool, if_empty: bool) -> None:
        self.call(slot, c.Queue.Delete, queue=self.full(queue), if_unused=if_unused, if_empty=if_empty)

    @rule(slot=slots, queue=queues)
    def purge(self, slot: int, queue: str) -> None:
        self.call(slot, c.Queue.Purge, queue=self.full(queue))

    # messages ------------------------------------------------------------------------------

    @rule(slot=slots, exchange=st.sampled_from(["", "", "x0", "x1", "x2"]), key=keys, mandatory=seldom,
          count=st.integers(1, 3), priority=st.sampled_from([None, None, 0, 2, 9]),
          expiration=st.sampled_from([None, None, None, "0", "1", "60000", "soon"]),
          cc=seldom)  # fmt: skip
    def publish(
        self, slot: int, exchange: str, key: str, mandatory: bool, count: int, priority: int | None,
        expiration: str | None, cc: bool,
    ) -> None:  # fmt: skip
        route = self.full(key) if key in ("q0", "q1") else key
        given: dict[str, Any] = {"priority": priority, "expiration": expiration}
        if cc:
            given["headers"] = {"CC": [self.full("q1")], "BCC": [self.full("q0")]}
        first = self.body
        self.body += count

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

    @rule(slot=slots, queue=queues, no_ack=seldom)
    def get(self, slot: int, queue: str, no_ack: bool) -> None:
        self.both(slot, lambda side: side.get(slot, self.full(queue), no_ack), f"slot {slot}: get({queue})")

    @rule(slot=slots, queue=queues, tag=tags, no_ack=seldom, exclusive=seldom,
          priority=st.sampled_from([None, None, 5]))  # fmt: skip
    def consume(
        self, slot: int, queue: str, tag: str, no_ack: bool, exclusive: bool, priority: int | None
    ) -> None:
        if tag in self.slot(slot).queues:
            return  # a used tag ends the connection: a golden; here it would end too many sequences
        args = {"x-priority": priority} if priority else {}
        self.both(
            slot,
            lambda side: side.consume(slot, self.full(queue), tag, no_ack=no_ack,
                                      exclusive=exclusive, arguments=args),
            f"slot {slot}: consume({queue}, {tag}, no_ack={no_ack}, exclusive={exclusive}, {args})",
        )  # fmt: skip

    @rule(slot=slots, tag=tags)
    def cancel(self, slot: int, tag: str) -> None:
        self.call(slot, c.Basic.Cancel, consumer_tag=tag)

    @rule(slot=slots, count=st.integers(0, 3))
    def qos(self, slot: int, count: int) -> None:
        self.call(slot, c.Basic.Qos, prefetch_count=count)

    @rule(slot=slots, pick=st.integers(0, 5), how=st.sampled_from(["ack", "ack", "nack", "reject"]),
          requeue=st.booleans(), multiple=seldom)  # fmt: skip
    def answer(self, slot: int, pick: int, how: str, requeue: bool, multiple: bool) -> None:
        held = self.slot(slot).held
        if not held:
            return
        chosen = held[pick % len(held)]
        picked = [self.pick(side, slot, chosen, multiple and how != "reject") for side in self.sides]
        if picked[0][0] != picked[1][0]:
            return  # the brokers interleaved two queues differently, as they may

        def act(side: Side) -> Json:
            channel, taken = side.slots[slot].channel, picked[self.sides.index(side)][1]
            last = taken[-1].tag
            if how == "ack":
                channel.ack(last, multiple=len(taken) > 1)
            elif how == "nack":
                channel.nack(last, multiple=len(taken) > 1, requeue=requeue)
            else:
                channel.reject(last, requeue=requeue)
            if slot != TX:
                side.slots[slot].held = [h for h in side.slots[slot].held if h not in taken]
            return None

        self.both(slot, act, f"slot {slot}: {how}({chosen}, requeue={requeue}, multiple={multiple})", 0.003)
        if slot == TX:
            self.call(slot, c.Tx.Commit)
            for side in self.sides:
                taken = picked[self.sides.index(side)][1]
                side.slots[slot].held = [h for h in side.slots[slot].held if h not in taken]

    @staticmethod
    def pick(side: Side, slot: int, chosen: Held, multiple: bool) -> tuple[Json, list[Held]]:
        """The chosen delivery on this side, with the earlier ones when `multiple`."""
        held = sorted(side.slot(slot).held, key=lambda h: h.tag)
        at = next((n for n, h in enumerate(held) if (h.body, h.queue) == (chosen.body, chosen.queue)), None)
        if at is None:
            return None, []
        taken = held[: at + 1] if multiple else [held[at]]
        return sorted((h.body, h.queue) for h in taken), taken

    @rule(slot=slots, tag=st.sampled_from([0, 99]))
    def answer_unknown(self, slot: int, tag: int) -> None:
        self.both(slot, lambda side: side.slot(slot).channel.ack(tag), f"slot {slot}: ack({tag})")

    @rule(slot=slots)
    def recover(self, slot: int) -> None:
        if slot == TX:
            return

        def act(side: Side) -> Json:
            side.slot(slot).held.clear()
            return side.run(slot, lambda ch: ch.call(c.Basic.Recover, requeue=True))

        self.both(slot, act, f"slot {slot}: recover", 0.003)

    @rule(commit=often)
    def end_transaction(self, commit: bool) -> None:
        self.call(TX, c.Tx.Commit if commit else c.Tx.Rollback)

    # ends ----------------------------------------------------------------------------------

    @rule(slot=slots)
    def close_channel(self, slot: int) -> None:
        def act(side: Side) -> Json:
            found: Channel = side.slot(slot).channel
            found.close()
            del side.slots[slot]
            return None

        self.both(None, act, f"slot {slot}: close", 0.003)

    @rule(number=st.integers(0, 1), politely=st.booleans(), really=seldom)
    def drop(self, number: int, politely: bool, really: bool) -> None:
        if really:
            self.both(None, lambda side: side.drop(number, politely), f"connection {number} ends", 0.003)

    def teardown(self) -> None:
        """Leave nothing on either broker."""
        for side in self.sides:
            side.reset([self.full(name) for name in ("x0", "x1", "x2")])
