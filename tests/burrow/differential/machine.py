"""The whole state machine: the rules about messages, channels and connections, too."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from pamqp import commands as c

from tests.burrow.wire import Channel, Json

from . import pools
from .pools import often, seldom, slots
from .side import SLOTS, TX, Held, Side
from .topology import Topology


class Brokers(Topology):
    """All rules; run.py sets `kind` and `sides`."""

    @rule(
        slot=slots,
        exchange=st.sampled_from(["", "", "x0", "x1", "x2"]),
        key=pools.keys,
        mandatory=seldom,
        count=st.integers(1, 3),
        priority=st.sampled_from([None, None, 0, 2, 9]),
        expiration=st.sampled_from([None, None, None, "0", "1", "60000", "soon"]),
        headers=pools.message_headers,
        cc=seldom,
    )
    def publish(
        self, slot: int, exchange: str, key: str, mandatory: bool, count: int, priority: int | None,
        expiration: str | None, headers: dict[str, Any] | None, cc: bool,
    ) -> None:  # fmt: skip
        copies = {"CC": [self.full("q1")], "BCC": [self.full("q0")]} if cc else {}
        given: dict[str, Any] = {"priority": priority, "expiration": expiration}
        given["headers"] = {**(headers or {}), **copies} or None
        self.publish_these(slot, exchange, key, count, given, mandatory)

    @rule(slot=slots, queue=pools.queues, count=st.integers(1, 3))
    def fill(self, slot: int, queue: str, count: int) -> None:
        self.publish_these(slot, "", queue, count, {})

    def reads_otherwise(self, slot: int, queue: str, how: str) -> bool:
        """Whether the channel reads this quorum queue in another way already: in which order both
        return when it closes is a documented difference.
        """
        known = self.readers.setdefault((self.slot(slot).channel, queue), how)
        return self.kind == "quorum" and known != how

    @rule(slot=slots, queue=pools.queues, no_ack=seldom)
    def get(self, slot: int, queue: str, no_ack: bool) -> None:
        if self.reads_otherwise(slot, queue, "get"):
            return
        self.both(
            slot,
            lambda side: side.get(slot, self.full(queue), no_ack),
            f"slot {slot}: get({queue})",
        )

    @rule(slot=slots, queue=pools.queues, tag=pools.tags, no_ack=seldom, exclusive=seldom,
          priority=st.sampled_from([None, None, 5]))  # fmt: skip
    def consume(
        self, slot: int, queue: str, tag: str, no_ack: bool, exclusive: bool, priority: int | None
    ) -> None:
        if tag in self.slot(slot).queues:
            return  # a used tag ends the connection: a golden; here it would end too many sequences
        if self.reads_otherwise(slot, queue, tag):
            return
        if self.kind == "quorum" and queue in self.single:
            priority = None  # a documented difference when channels close
        args = {"x-priority": priority} if priority else {}
        self.both(
            slot,
            lambda side: side.consume(slot, self.full(queue), tag, no_ack=no_ack,
                                      exclusive=exclusive, arguments=args),
            f"slot {slot}: consume({queue}, {tag}, no_ack={no_ack}, exclusive={exclusive}, {args})",
        )  # fmt: skip

    @rule(slot=slots, tag=pools.tags)
    def cancel(self, slot: int, tag: str) -> None:
        self.call(slot, c.Basic.Cancel, consumer_tag=tag)

    @rule(slot=slots, count=st.integers(0, 3))
    def qos(self, slot: int, count: int) -> None:
        self.call(slot, c.Basic.Qos, prefetch_count=count)

    @rule(
        at=st.integers(0, SLOTS - 1),
        pick=st.integers(0, 5),
        how=st.sampled_from(["ack", "ack", "nack", "reject"]),
        requeue=st.booleans(),
        multiple=seldom,
    )
    def answer(self, at: int, pick: int, how: str, requeue: bool, multiple: bool) -> None:
        holding = [n for n, slot in sorted(self.sides[0].slots.items()) if slot.held]
        if not holding:
            return
        slot = holding[at % len(holding)]
        held = self.slot(slot).held
        if not held:
            return
        chosen = held[pick % len(held)]
        picked = [
            self.pick(side, slot, chosen, multiple and how != "reject") for side in self.sides
        ]
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

        self.both(
            slot,
            act,
            f"slot {slot}: {how}({chosen}, requeue={requeue}, multiple={multiple})",
            0.003,
        )
        if slot == TX:
            self.call(slot, c.Tx.Commit)
            for side in self.sides:
                taken = picked[self.sides.index(side)][1]
                side.slots[slot].held = [h for h in side.slots[slot].held if h not in taken]

    @staticmethod
    def pick(side: Side, slot: int, chosen: Held, multiple: bool) -> tuple[Json, list[Held]]:
        """The chosen delivery on this side, with the earlier ones when `multiple`."""
        held = sorted(side.slot(slot).held, key=lambda h: h.tag)
        at = next(
            (n for n, h in enumerate(held) if (h.body, h.queue) == (chosen.body, chosen.queue)),
            None,
        )
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
            self.both(
                None, lambda side: side.drop(number, politely), f"connection {number} ends", 0.003
            )
