"""What the lines of a console block ask for."""

import signal

import pytest

from course.player.actions import (
    Interrupt,
    Kill,
    Output,
    Placed,
    RestartBroker,
    RunScript,
    of_fence,
)
from course.player.page import PageError
from tests.course.player.lessons import CONSUMER, Lesson

SCRIPT = "./learn script module_1/01_x/worker.py"


@pytest.fixture(autouse=True)
def worker(lesson: Lesson) -> None:
    lesson.script("worker.py", CONSUMER)


def actions(lesson: Lesson, *lines: str) -> list[Placed]:
    page = lesson.page("## Run it\n```console terminal-1\n" + "\n".join(lines) + "\n```\n")
    return of_fence(page, page.scenes[0].fences[0])


def action(lesson: Lesson, line: str):
    return actions(lesson, line)[0].action


def test_each_line_is_placed(lesson: Lesson) -> None:
    placed = actions(lesson, f"$ {SCRIPT}", " [x] waiting  ", "...", "^C")
    assert [entry.line for entry in placed] == [3, 4, 5, 6]
    assert {entry.terminal for entry in placed} == {"terminal-1"}
    assert placed[1].action == Output(" [x] waiting")
    assert placed[2].action == Output("...")
    assert placed[3].action == Interrupt()


def test_a_script_with_arguments_as_a_shell_splits_them(lesson: Lesson) -> None:
    found = action(lesson, f"$ {SCRIPT} --fast 'two words' '&'x")
    path = lesson.folder / "worker.py"
    assert isinstance(found, RunScript)
    assert (found.script, found.arguments) == (path, ("--fast", "two words", "&x"))
    assert not found.background


def test_a_script_in_the_background(lesson: Lesson) -> None:
    found = action(lesson, f"$ {SCRIPT} a &")
    assert isinstance(found, RunScript)
    assert (found.arguments, found.background) == (("a",), True)


def test_a_consumer_goes_on_and_other_scripts_end(lesson: Lesson) -> None:
    lesson.script("once.py", "print('done')")
    consumer = action(lesson, f"$ {SCRIPT}")
    once = action(lesson, "$ once.py")
    assert isinstance(consumer, RunScript)
    assert isinstance(once, RunScript)
    assert not consumer.ends_by_itself
    assert once.ends_by_itself


@pytest.mark.parametrize(
    ("typed", "number", "job"),
    [
        ("kill %1", signal.SIGTERM, 1),
        ("kill -9 %2", 9, 2),
        ("kill -KILL %1", getattr(signal, "SIGKILL", signal.SIGTERM), 1),
        ("kill -SIGINT %1", signal.SIGINT, 1),
        ("kill -term %12", signal.SIGTERM, 12),
    ],
)
def test_a_signal_to_a_job(lesson: Lesson, typed: str, number: int, job: int) -> None:
    assert action(lesson, f"$ {typed}") == Kill(typed, number, job)


def test_a_restart_of_the_broker(lesson: Lesson) -> None:
    assert isinstance(action(lesson, "$ ./learn broker restart"), RestartBroker)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("rm -rf /", "the player cannot run: rm -rf /"),
        ("./learn broker down", "the player cannot run: ./learn broker down"),
        ("kill 4711", "the player cannot run: kill 4711"),
        ("kill %worker", "the player cannot run: kill %worker"),
        ("kill -USR1 %1", "the player knows no signal -USR1"),
        (f"{SCRIPT} 'unclosed", "No closing quotation"),
        ("./learn script module_1/01_x/nobody.py", "there is no script module_1/01_x/nobody.py"),
    ],
)
def test_what_the_player_cannot_do_is_told_with_its_place(
    lesson: Lesson, typed: str, said: str
) -> None:
    with pytest.raises(PageError) as caught:
        actions(lesson, "a line", f"$ {typed}")
    assert str(caught.value).startswith(f"{lesson.folder / 'README.md'}:4: ")
    assert said in str(caught.value)
