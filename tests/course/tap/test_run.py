"""`./learn tap run` and `./learn run --tap`, as a person types them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course.brokers import Broker
from course.errors import WrongUse
from course.tap.event import Event
from course.tap.run import scripts
from tests.support import REPOSITORY, learn

LESSON = "module_3/01_work_queues"
posix = pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")


def tap_run(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    return learn("tap", "run", *words, RABBITMQ_URL=url)


def test_a_script_runs_and_its_messages_are_drawn(upstream: str) -> None:
    done = tap_run(upstream, f"{LESSON}/new_task.py", "task", "1")
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert "new_task:  [x] Sent task 1" in rows
    drawn = [row[:69] for row in rows if row.startswith("│")]
    assert drawn == [
        "│── new_task: declare task_queue ▶│                                 │",
        "│── ask for confirms ────────────▶│                                 │",
        '│── publish m1 "task 1" ─────────▶│                                 │',
        "│◀─ confirm m1 ───────────────────│                                 │",
        "│ * closed the connection         │                                 │",
    ]
    assert max(map(len, rows)) <= 80


def test_several_scripts_are_watched_together_as_lines_of_json(
    upstream: str, tmp_path: Path
) -> None:
    record = tmp_path / "record.jsonl"
    done = tap_run(
        upstream, "--json", "--record", str(record),
        f"{LESSON}/new_task.py", "one", "--", f"{LESSON}/new_task.py", "two",
    )  # fmt: skip
    events = [Event.from_json(line) for line in done.stdout.splitlines()]
    published = {(e.connection, e.preview) for e in events if e.method == "basic.publish"}
    assert published == {("new_task", "one"), ("new_task-2", "two")}
    assert "new_task-2:  [x] Sent two" in done.stderr
    assert json.loads(record.read_text(encoding="utf-8").splitlines()[0])["version"] == 1
    assert [Event.from_json(line) for line in record.read_text("utf-8").splitlines()[1:]] == events


def test_ascii_is_enough(upstream: str) -> None:
    done = tap_run(upstream, "--plain", f"{LESSON}/new_task.py", "grüße")
    assert done.stdout.isascii()
    assert '|-- publish m1 "gr??e" ---------->|' in done.stdout


@posix
def test_ctrl_c_ends_the_scripts_and_shows_the_rest(upstream: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "course", "tap", "run", f"{LESSON}/worker.py"],
        stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=REPOSITORY,
        env={**os.environ, "RABBITMQ_URL": upstream, "PYTHONUTF8": "1", "COLUMNS": "80"},
        start_new_session=True,
    )  # fmt: skip
    seen = ""
    while "Waiting for messages" not in seen:
        line = process.stdout.readline()
        assert line, seen
        seen += line
    os.killpg(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "hung up" in rest
    deadline = time.monotonic() + 5
    while True:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        assert time.monotonic() < deadline, "something was left running"
        time.sleep(0.05)


def test_a_lesson_is_played_behind_the_tap(embedded: Broker) -> None:
    done = learn("run", "3.1", "--tap", "--section", "A worker dies", RABBITMQ_URL=embedded.url)
    assert done.returncode == 0, done.stdout + done.stderr
    picture = done.stdout.partition("What the tap saw:")[2]
    told = [
        "publish m1", "deliver m1", "hung up", "m1 is requeued", "worker#2:",
        "deliver m1, redelivered", "ack m1", "Notice:",
    ]  # fmt: skip
    places = [picture.index(words) for words in told]
    assert places == sorted(places)


def test_scripts_are_parted_and_named() -> None:
    worker = f"{LESSON}/worker.py"
    found = scripts([worker, "-x", "--", worker, "--", f"{LESSON}/new_task.py", "a", "b"])
    assert [(script.name, script.arguments) for script in found] == [
        ("worker", ("-x",)),
        ("worker-2", ()),
        ("new_task", ("a", "b")),
    ]


@pytest.mark.parametrize("words", [["nosuch.py"], [f"{LESSON}/worker.py", "--"]])
def test_a_script_that_is_missing_is_wrong_use(words: list[str]) -> None:
    with pytest.raises(WrongUse, match="script"):
        scripts(words)


def test_a_mistyped_script_is_told_in_one_line() -> None:
    done = learn("tap", "run", f"{LESSON}/wroker.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean module_3/01_work_queues/worker.py?" in done.stderr
