"""Worker processes: what they hold when the connection is lost, and when they die."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pika
import pytest
from task_processor.codec import Task, encode
from task_processor.policy import Failure
from task_processor.settings import WorkerSettings
from task_processor.worker.delivery import Delivery
from task_processor.worker.pool import Pool, PoolFailed

HANDLERS = "tests.project_3_task_processor.faults.handlers"


def delivery(tag: int, key: str | None = None, source: str = "/x.png") -> Delivery:
    task = Task("0123456789abcdef", tag, source, f"/out/{tag}.png", "grayscale", None)
    return Delivery(key, encode(task), 1, pika.BasicProperties(), [tag])


def run(tmp_path: Path, handler: str, processes: int, play: Callable) -> list[tuple[int, str]]:
    """What was reported, as tags and reasons, while `play(pool)` went on."""
    found: list[tuple[int, str]] = []

    def on_report(one: Delivery, report) -> None:
        found.append((one.tags[0] if one.tags else 0, report[4] if report[0] == "failed" else ""))

    def on_failure(one: Delivery, failure: Failure) -> None:
        found.append((one.tags[0] if one.tags else 0, failure.reason))

    async def main() -> None:
        roots = (str(tmp_path),)
        settings = WorkerSettings(
            processes, handler=handler, read_roots=roots, write_roots=roots, task_timeout=60
        )
        pool = Pool(settings, on_report, on_failure, print)
        try:
            async with asyncio.timeout(90):
                await play(pool, found)
        finally:
            pool.kill()
            while pool.children:
                await asyncio.sleep(0.01)

    asyncio.run(main())
    return found


async def until(true: Callable[[], object]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def test_after_a_lost_connection_no_old_tag_is_left_in_any_hand(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TEST_SECONDS", "0.3")

    async def play(pool: Pool, found) -> None:
        for tag in range(1, 7):  # two without a name, and one name twice
            pool.add(delivery(tag, None if tag < 3 else f"key/{min(tag, 5)}"))
        await until(lambda: pool.busy)
        pool.forget_tags()
        await until(lambda: not pool.busy)

    found = run(tmp_path, f"{HANDLERS}:slow", 1, play)
    assert {tag for tag, _ in found} == {0}, "what was begun has no tag; the rest is forgotten"


def test_a_killed_process_charges_the_task_it_was_at_and_hands_on_the_others(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("TEST_SECONDS", "0.2")

    async def play(pool: Pool, found) -> None:
        for tag in range(1, 5):
            pool.add(delivery(tag, f"key/{tag}"))
        await until(lambda: pool.busy)
        await asyncio.sleep(0.05)
        pool.children[0].process.kill()
        await until(lambda: len(found) == 4)

    found = run(tmp_path, f"{HANDLERS}:slow", 1, play)
    assert sorted(tag for tag, _ in found) == [1, 2, 3, 4]
    reasons = [reason for _, reason in found]
    assert reasons.count("process-died") == 1 and reasons.count("outside-roots") == 3


def test_processes_that_never_become_ready_end_the_pool(tmp_path: Path) -> None:
    async def play(pool: Pool, found) -> None:
        with pytest.raises(PoolFailed):
            await pool.failed

    assert run(tmp_path, "no_such_module:handler", 1, play) == []
