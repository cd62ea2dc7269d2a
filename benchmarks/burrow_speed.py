"""How fast burrow is beside a RabbitMQ, with the same pika client in the same run.

    python benchmarks/burrow_speed.py --rabbitmq amqp://guest:guest@127.0.0.1:5672/%2F [--json]

The ratios say whether burrow is fast enough for the course. They say nothing about RabbitMQ, which
does far more for each message.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pika
from pika.adapters.blocking_connection import BlockingChannel

ROOT = Path(__file__).resolve().parents[1]
BODY = b"x" * 100
Measure = Callable[[str, int], float]


def _connect(url: str) -> tuple[pika.BlockingConnection, BlockingChannel]:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    return connection, connection.channel()


def _name() -> str:
    return f"bench-{uuid.uuid4().hex[:12]}"


def publish(url: str, count: int) -> float:
    """Publish without confirms, timed until the broker has the last message."""
    connection, channel = _connect(url)
    queue = _name()
    channel.queue_declare(queue, durable=True)
    started = time.perf_counter()
    for _ in range(count):
        channel.basic_publish("", queue, BODY)
    while channel.queue_declare(queue, passive=True).method.message_count < count:
        pass
    seconds = time.perf_counter() - started
    channel.queue_delete(queue)
    connection.close()
    return count / seconds


def publish_confirmed(url: str, count: int) -> float:
    """Publish, waiting for the confirm of each message."""
    connection, channel = _connect(url)
    queue = _name()
    channel.queue_declare(queue, durable=True)
    channel.confirm_delivery()
    started = time.perf_counter()
    for _ in range(count):
        channel.basic_publish("", queue, BODY)
    seconds = time.perf_counter() - started
    channel.queue_delete(queue)
    connection.close()
    return count / seconds


def _filled(url: str, count: int) -> tuple[pika.BlockingConnection, BlockingChannel, str]:
    connection, channel = _connect(url)
    queue = _name()
    channel.queue_declare(queue, durable=True)
    for _ in range(count):
        channel.basic_publish("", queue, BODY)
    while channel.queue_declare(queue, passive=True).method.message_count < count:
        time.sleep(0.01)
    return connection, channel, queue


def consume(url: str, count: int) -> float:
    """Consume with one ack for each message, at prefetch 100."""
    connection, channel, queue = _filled(url, count)
    channel.basic_qos(prefetch_count=100)
    left = count

    def on_message(ch: object, method: pika.spec.Basic.Deliver, *_: object) -> None:
        nonlocal left
        channel.basic_ack(method.delivery_tag)
        left -= 1
        if not left:
            channel.stop_consuming()

    started = time.perf_counter()
    channel.basic_consume(queue, on_message)
    channel.start_consuming()
    seconds = time.perf_counter() - started
    channel.queue_delete(queue)
    connection.close()
    return count / seconds


def get_ack(url: str, count: int) -> float:
    """basic.get and ack, one message at a time."""
    connection, channel, queue = _filled(url, count)
    started = time.perf_counter()
    for _ in range(count):
        method, _, _ = channel.basic_get(queue)
        channel.basic_ack(method.delivery_tag)
    seconds = time.perf_counter() - started
    channel.queue_delete(queue)
    connection.close()
    return count / seconds


def round_trip(url: str, count: int) -> float:
    """RPC: a request queue, and the answer by direct reply-to, both ends in this process."""
    connection, channel = _connect(url)
    queue = _name()
    channel.queue_declare(queue, durable=True)
    answers: list[bytes] = []

    def serve(ch: object, method: pika.spec.Basic.Deliver, properties: pika.BasicProperties,
              body: bytes) -> None:  # fmt: skip
        channel.basic_publish("", str(properties.reply_to), body)

    channel.basic_consume(queue, serve, auto_ack=True)
    reply = "amq.rabbitmq.reply-to"
    channel.basic_consume(reply, lambda *got: answers.append(got[3]), auto_ack=True)
    started = time.perf_counter()
    for number in range(count):
        channel.basic_publish("", queue, BODY, pika.BasicProperties(reply_to=reply))
        while len(answers) <= number:
            connection.process_data_events(time_limit=1)
    seconds = time.perf_counter() - started
    channel.queue_delete(queue)
    connection.close()
    return count / seconds


def topic(url: str, count: int) -> float:
    """Publish to a topic exchange with 10,000 bindings, a different key each time."""
    connection, channel = _connect(url)
    exchange, queue = _name(), _name()
    channel.exchange_declare(exchange, "topic")
    channel.queue_declare(queue, durable=True)
    for number in range(10_000):
        key = f"{number}.*.orders.#" if number % 2 else f"*.{number}.orders"
        channel.queue_bind(queue, exchange, key)
    sent = 0
    started = time.perf_counter()
    for number in range(count):
        odd = (2 * number + 1) % 10_000
        channel.basic_publish(exchange, f"{odd}.k{number}.orders.new", BODY)
        sent += 1
    while channel.queue_declare(queue, passive=True).method.message_count < sent:
        pass
    seconds = time.perf_counter() - started
    channel.exchange_delete(exchange)
    channel.queue_delete(queue)
    connection.close()
    return count / seconds


def eight(one: Measure) -> Measure:
    """The same measurement by eight client processes at once: the sum of their rates."""

    def measure(url: str, count: int) -> float:
        with ProcessPoolExecutor(8) as pool:
            return sum(pool.map(one, [url] * 8, [count // 4] * 8))

    return measure


MEASURES: dict[str, tuple[Measure, int, float]] = {  # what, messages, wanted ratio
    "publish": (publish, 20_000, 1.0),
    "publish, blocking confirms": (publish_confirmed, 3_000, 1.0),
    "consume, single acks, prefetch 100": (consume, 20_000, 1.0),
    "get + ack": (get_ack, 3_000, 1.0),
    "RPC round trip": (round_trip, 2_000, 1.0),
    "8 clients: publish": (eight(publish), 20_000, 0.5),
    "8 clients: publish, blocking confirms": (eight(publish_confirmed), 3_000, 0.5),
    "8 clients: consume": (eight(consume), 20_000, 0.5),
    "8 clients: get + ack": (eight(get_ack), 3_000, 0.5),
    "8 clients: RPC round trip": (eight(round_trip), 2_000, 0.5),
    "topic, 10,000 bindings": (topic, 10_000, 0.5),
}


def start_burrow(folder: Path) -> tuple[subprocess.Popen[bytes], str, float]:
    """A burrow process, its URL, and the seconds until it accepted connections."""
    port_file = folder / "port"
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "burrow", "--port", "0", "--port-file", str(port_file)],
        cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    while not port_file.exists():
        if process.poll() is not None or time.perf_counter() - started > 10:
            raise RuntimeError("burrow does not start")
        time.sleep(0.002)
    seconds = time.perf_counter() - started
    return process, f"amqp://guest:guest@127.0.0.1:{port_file.read_text().strip()}/%2F", seconds


def memory(pid: int) -> float:
    """Resident memory in MB; Linux only."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> int:
    """Exit code 0 when every ratio is as wanted, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rabbitmq", required=True, help="AMQP URL of a RabbitMQ to compare with")
    parser.add_argument("--rounds", type=int, default=3, help="of each measurement; medians count")
    parser.add_argument("--only", default="", help="part of a measurement's name")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        process, url, start = start_burrow(Path(folder))
        try:
            idle = memory(process.pid)
            rows = []
            for name, (measure, count, wanted) in MEASURES.items():
                if options.only not in name:
                    continue
                ours, theirs = [], []
                for _ in range(options.rounds):  # taking turns, so that both meet the same machine
                    ours.append(measure(url, count))
                    theirs.append(measure(options.rabbitmq, count))
                ratio = statistics.median(ours) / statistics.median(theirs)
                rows.append({"name": name, "burrow": round(statistics.median(ours)),
                             "ratio": round(ratio, 2), "wanted": wanted})  # fmt: skip
                if not options.json:
                    verdict = "ok" if ratio >= wanted else "TOO SLOW"
                    print(f"{name:40} {ratio:5.2f} of RabbitMQ, wanted {wanted} {verdict}",
                          flush=True)  # fmt: skip
        finally:
            process.terminate()
            process.wait()
    if options.json:
        report = {"start_seconds": round(start, 3), "idle_mb": round(idle, 1), "rows": rows}
        print(json.dumps(report))
    else:
        print(f"start {start:.2f} s (at most 0.4), idle memory {idle:.0f} MB (at most 45)")
    return 0 if all(row["ratio"] >= row["wanted"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
