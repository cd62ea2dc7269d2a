"""`python -m tests.burrow.fuzz.kill9 --rounds 50`: kill -9 under load loses nothing confirmed."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from pamqp import commands as c

from tests.burrow.process import Broker
from tests.burrow.wire import Channel, Closed, Connection

EXCHANGE = "kill9"
QUEUES: dict[str, dict[str, str]] = {
    "kill9.classic": {},
    "kill9.quorum": {"x-queue-type": "quorum"},
}
PUBLISHERS = 2
PIPELINED = 50  # unconfirmed messages of one publisher


@dataclass
class Ledger:
    """What the clients know for certain, over all rounds."""

    sent: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    acked: dict[str, set[str]] = field(default_factory=lambda: {queue: set() for queue in QUEUES})
    transient: set[str] = field(default_factory=set)
    rounds: int = 0
    kept: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def declare(channel: Channel) -> None:
    """Durable exchange, queues and bindings; each round finds them again."""
    channel.exchange(EXCHANGE, "topic", durable=True)
    for queue, arguments in QUEUES.items():
        channel.declare(queue, durable=True, arguments=arguments)
        channel.bind(queue, EXCHANGE, "#")


def publish(url: str, name: str, ledger: Ledger, stop: threading.Event) -> None:
    """Publish persistent messages with confirms until the broker is gone."""
    mine: dict[int, str] = {}
    try:
        channel = Connection(url).channel()
        channel.confirm_mode()
        number = read = 0
        while not stop.is_set():
            body = f"{name}.{number}"
            number += 1
            mine[number] = body
            ledger.sent.add(body)
            channel.publish("key", body, exchange=EXCHANGE, delivery_mode=2)
            channel.connection.pump(0)
            while len(mine) > PIPELINED and not channel.connection.closed:
                channel.connection.pump(0.2)
                read = confirm(channel, read, mine, ledger)
            if channel.connection.closed:
                break
        confirm(channel, read, mine, ledger)
    except (Closed, OSError, TimeoutError):
        return


def confirm(channel: Channel, read: int, mine: dict[int, str], ledger: Ledger) -> int:
    """Move what was confirmed from `mine` to the ledger; how many events have been read."""
    for event in channel.events[read:]:
        first = 1 if event["multiple"] else event["tag"]
        for tag in [t for t in mine if first <= t <= event["tag"]]:
            body = mine.pop(tag)
            if event["event"] == "confirm":
                ledger.confirmed.add(body)
    return len(channel.events)


def consume(url: str, queue: str, ledger: Ledger, stop: threading.Event) -> None:
    """Ack every second delivery; an ack that was sent may or may not have been kept."""
    try:
        channel = Connection(url).channel()
        channel.call(c.Basic.Qos, prefetch_count=20)
        channel.consume(queue)
        while not stop.is_set() and not channel.connection.closed:
            channel.connection.pump(0.2)
            for message in channel.events:
                if message["delivery_tag"] % 2:
                    ledger.acked[queue].add(message["body"])
                    channel.ack(message["delivery_tag"])
                else:
                    channel.nack(message["delivery_tag"], requeue=True)
            channel.events.clear()
    except (Closed, OSError, TimeoutError):
        return


def verify(url: str, ledger: Ledger) -> None:
    """Everything confirmed and never acked is in both queues, once; nothing else is."""
    channel = Connection(url).channel()
    for queue in QUEUES:
        found: list[str] = []
        while (message := channel.get(queue, no_ack=True)) is not None:
            found.append(message["body"])
        present = set(found)
        must = ledger.confirmed - ledger.acked[queue]
        ledger.kept += len(must)
        ledger.lost += [f"{queue} {body}" for body in sorted(must - present)]
        if len(found) != len(present):
            ledger.wrong.append(f"{queue}: {len(found) - len(present)} messages twice")
        if present - ledger.sent:
            ledger.wrong.append(
                f"{queue}: messages nobody sent in this round: {len(present - ledger.sent)}"
            )
        if queue == "kill9.classic" and present & ledger.transient:
            ledger.wrong.append(f"{queue}: transient messages survived")
        left = channel.declare(queue, passive=True).message_count
        if left:
            ledger.wrong.append(f"{queue}: {left} messages left after draining")
    channel.connection.close()
    ledger.sent.clear()
    ledger.confirmed.clear()
    for acked in ledger.acked.values():
        acked.clear()


def one_round(broker: Broker, ledger: Ledger, r: random.Random) -> None:
    """Load, kill at a moment of the seed's choice, start again, verify."""
    setup = Connection(broker.url).channel()
    declare(setup)
    body = f"transient.{ledger.rounds}"  # a quorum queue keeps it, a classic queue does not
    ledger.transient.add(body)
    ledger.sent.add(body)
    setup.confirm_mode()
    setup.confirmed("key", body, exchange=EXCHANGE, delivery_mode=1)
    stop = threading.Event()
    threads = [
        threading.Thread(target=publish, args=(broker.url, f"{ledger.rounds}.{n}", ledger, stop))
        for n in range(PUBLISHERS)
    ] + [
        threading.Thread(target=consume, args=(broker.url, queue, ledger, stop)) for queue in QUEUES
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    enough = r.randrange(50, 1500)
    deadline = time.monotonic() + 20
    while len(ledger.confirmed) < enough and time.monotonic() < deadline:
        time.sleep(0.002)
    broker.kill()
    stop.set()
    for thread in threads:
        thread.join(30)
    if len(ledger.confirmed) < enough:
        ledger.wrong.append(f"round {ledger.rounds}: only {len(ledger.confirmed)} confirms in 20 s")
    broker.start()
    verify(broker.url, ledger)
    ledger.rounds += 1


def kill9(rounds: int, seed: int) -> Ledger:
    """`rounds` kills of a burrow with one data folder."""
    ledger, r = Ledger(), random.Random(seed)
    with (
        tempfile.TemporaryDirectory(prefix="burrow-data-") as folder,
        Broker(Path(folder)) as broker,
    ):
        for _ in range(rounds):
            one_round(broker, ledger, r)
    return ledger


def main() -> int:
    """Exit code 0: nothing confirmed was lost; 1: something was, or came twice; printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=20261121)
    args = parser.parse_args()
    started = time.monotonic()
    ledger = kill9(args.rounds, args.seed)
    print(
        f"seed {args.seed}: {ledger.rounds} kills in {time.monotonic() - started:.0f} s, "
        f"{ledger.kept} confirmed and unacked copies looked for, {len(ledger.lost)} lost"
    )
    for line in (ledger.lost + ledger.wrong)[:40]:
        print(line)
    return 1 if ledger.lost or ledger.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
