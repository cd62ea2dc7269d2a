"""One terminal: its scripts, its jobs, and the order of its lines."""

import signal
import sys
import time
from collections.abc import Iterator

import pytest

from course.player.terminal import LINE_LIMIT, Terminal
from tests.course.player.lessons import CONSUMER, Lesson

HELLO = "import sys\nfor word in sys.argv[1:]: print(word)"


@pytest.fixture
def heard() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def terminal(lesson: Lesson, heard: list[tuple[str, str]]) -> Iterator[Terminal]:
    made = Terminal(
        "terminal-7", lesson.root, {"GREETING": "hi", "PYTHONUNBUFFERED": "1"},
        lambda name, line: heard.append((name, line)),
    )  # fmt: skip
    yield made
    made.kill_all()


def start(
    terminal: Terminal, lesson: Lesson, source: str, *words: str, background: bool = False
) -> None:
    lesson.script("it.py", source)
    command = ("-m", "course.host", str(lesson.folder / "it.py"), *words)
    terminal.run(command, "amqp://nowhere", background=background)


def test_lines_come_in_order_and_are_heard(
    terminal: Terminal, lesson: Lesson, heard: list[tuple[str, str]]
) -> None:
    start(terminal, lesson, HELLO, "a", "b")
    assert [terminal.next_line(10), terminal.next_line(10)] == ["a", "b"]
    assert terminal.wait(10)
    assert terminal.next_line(10) is None
    assert heard == [("terminal-7", "a"), ("terminal-7", "b")]


def test_what_goes_to_stderr_is_shown_too(terminal: Terminal, lesson: Lesson) -> None:
    start(terminal, lesson, "import sys\nsys.stderr.write('oh\\n')")
    assert terminal.next_line(10) == "oh"


def test_a_script_gets_the_environment(terminal: Terminal, lesson: Lesson) -> None:
    start(terminal, lesson, "import os\nprint(os.environ['GREETING'])")
    assert terminal.next_line(10) == "hi"


def test_no_line_can_come_when_nothing_runs(terminal: Terminal) -> None:
    started = time.monotonic()
    assert terminal.next_line(60) is None
    assert time.monotonic() - started < 5


def test_lines_not_taken_are_left(terminal: Terminal, lesson: Lesson) -> None:
    start(terminal, lesson, HELLO, "a", "b", "c")
    terminal.next_line(10)
    assert terminal.wait(10)
    assert terminal.untaken() == ["b", "c"]
    assert terminal.untaken() == []


def test_an_endless_line_is_cut(terminal: Terminal, lesson: Lesson) -> None:
    start(terminal, lesson, f"print('x' * {LINE_LIMIT + 5})")
    assert terminal.next_line(10) == "x" * LINE_LIMIT
    assert terminal.next_line(10) == "x" * 5


def test_bytes_that_are_no_text_do_no_harm(terminal: Terminal, lesson: Lesson) -> None:
    start(terminal, lesson, "import sys\nsys.stdout.buffer.write(b'\\xff!\\r\\n')")
    assert terminal.next_line(10) == "\N{REPLACEMENT CHARACTER}!"


def test_a_consumer_does_not_end_by_itself(terminal: Terminal, lesson: Lesson) -> None:
    start(terminal, lesson, CONSUMER)
    assert terminal.next_line(10) == "waiting"
    assert not terminal.wait(0.2)
    assert terminal.interrupt(10) == 0
    assert terminal.wait(0)


def test_ctrl_c_where_nothing_runs_is_well(terminal: Terminal) -> None:
    assert terminal.interrupt(1) == 0


def test_ctrl_c_gives_the_exit_code(terminal: Terminal, lesson: Lesson) -> None:
    start(terminal, lesson, CONSUMER.replace("pass", "raise SystemExit(7)"))
    assert terminal.next_line(10) == "waiting"
    assert terminal.interrupt(10) == 7


def test_jobs_are_numbered_and_named_as_in_a_shell(terminal: Terminal, lesson: Lesson) -> None:
    for number in (1, 2):
        start(terminal, lesson, CONSUMER, background=True)
        assert terminal.next_line(10) == f"[{number}] {terminal.jobs[-1].pid}"
        assert terminal.next_line(10) == "waiting"
    assert not terminal.kill_job(3, signal.SIGTERM)
    assert not terminal.kill_job(0, signal.SIGTERM)
    assert terminal.kill_job(2, getattr(signal, "SIGKILL", signal.SIGTERM))
    assert terminal.jobs[1].wait(10) != 0
    assert terminal.jobs[0].poll() is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
def test_a_job_that_ended_can_be_signalled_without_harm(terminal: Terminal, lesson: Lesson) -> None:
    start(terminal, lesson, HELLO, background=True)
    terminal.jobs[0].wait(10)
    assert terminal.kill_job(1, signal.SIGTERM)
    assert terminal.kill_job(1, signal.SIGKILL)


def test_kill_all_ends_jobs_and_the_foreground(terminal: Terminal, lesson: Lesson) -> None:
    start(terminal, lesson, CONSUMER, background=True)
    start(terminal, lesson, CONSUMER)
    terminal.kill_all()
    assert terminal.foreground is not None
    assert [process.poll() is None for process in (*terminal.jobs, terminal.foreground)] == [
        False,
        False,
    ]
