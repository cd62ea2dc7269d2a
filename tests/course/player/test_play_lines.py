"""The player holds scripts to every line of the page, and ends them all."""

import sys

import pytest

from course.player import play as player
from course.player.play import Mismatch
from tests.course.player.lessons import CONSUMER, HELLO, Lesson, running
from tests.support import eventually

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals and fork of POSIX")


def test_dots_stand_for_any_text_in_a_line(lesson: Lesson) -> None:
    lesson.script("hello.py", HELLO)
    page = "## Run it\n```console terminal-1\n$ hello.py {}\ntook ... s (...)\n```\n"
    assert lesson.play(page.format("'took 0.31 s (a [b] *)'")).lines == 1
    with pytest.raises(Mismatch, match=r"'took 0\.31 ms' came"):
        lesson.play(page.format("'took 0.31 ms'"))


def test_a_line_of_dots_stands_for_any_lines(lesson: Lesson) -> None:
    lesson.script("hello.py", HELLO)
    lesson.play("""
        ## Run it
        ```console terminal-1
        $ hello.py a b c d
        a
        ...
        d
        $ hello.py a b c
        ...
        $ hello.py
        ...
        hello
        ```
    """)
    with pytest.raises(Mismatch, match="terminal-1 should show 'd'; nothing came"):
        lesson.play("## Run it\n```console terminal-1\n$ hello.py a b c\n...\nd\n```\n")


def test_after_the_dots_the_next_line_counts_again(lesson: Lesson) -> None:
    lesson.script("hello.py", HELLO)
    with pytest.raises(Mismatch, match="should show 'c'; 'extra' came"):
        lesson.play("## Run it\n```console terminal-1\n$ hello.py a b extra c\n...\nb\nc\n```\n")


def test_a_wrong_line_is_told_with_its_place_and_the_log(lesson: Lesson) -> None:
    lesson.script("hello.py", HELLO)
    with pytest.raises(Mismatch) as caught:
        lesson.play("# X\n## Run it\n```console terminal-1\n$ hello.py a\nb\n```\n")
    assert str(caught.value) == (
        f"{lesson.folder / 'README.md'}:5: terminal-1 should show 'b'; 'a' came. "
        f"Everything shown: {lesson.log}"
    )


@pytest.mark.parametrize("following", ["", "$ hello.py\nhello\n"])
def test_a_line_too_many_is_a_mismatch(lesson: Lesson, following: str) -> None:
    lesson.script("hello.py", HELLO)
    with pytest.raises(Mismatch, match="should show no more lines here; 'b' came"):
        lesson.play(f"## Run it\n```console terminal-1\n$ hello.py a b\na\n{following}```\n")


def test_a_line_too_few_is_told_at_once_when_the_script_has_ended(lesson: Lesson) -> None:
    lesson.script("hello.py", HELLO)
    with pytest.raises(Mismatch, match="terminal-1 should show 'b'; nothing came"):
        lesson.play("## Run it\n```console terminal-1\n$ hello.py a\na\nb\n```\n", line_seconds=600)


def test_a_line_that_never_comes_is_told_after_the_time_for_a_line(lesson: Lesson) -> None:
    lesson.script("consumer.py", CONSUMER)
    with pytest.raises(Mismatch, match=r"nothing came \(waiting up to 0.7 s\)"):
        lesson.play(
            "## Run it\n```console terminal-1\n$ consumer.py\nwaiting\ngo\n```\n", line_seconds=0.7
        )


def test_a_script_that_does_not_end_before_the_next_command(lesson: Lesson) -> None:
    lesson.script("consumer.py", CONSUMER)
    lesson.script("hello.py", HELLO)
    with pytest.raises(Mismatch, match=":5: the script in terminal-1 should have ended"):
        lesson.play(
            "## Run it\n```console terminal-1\n$ consumer.py\nwaiting\n$ hello.py\nhello\n```\n",
            line_seconds=0.7,
        )


def test_a_script_that_fails_shows_its_traceback_in_the_log(lesson: Lesson) -> None:
    lesson.script("bad.py", "1 / 0")
    with pytest.raises(Mismatch, match="'Traceback"):
        lesson.play("## Run it\n```console terminal-1\n$ bad.py\nfine\n```\n")
    assert "ZeroDivisionError" in lesson.log.read_text(encoding="utf-8")


@posix_only
def test_a_script_that_ignores_ctrl_c_is_ended_and_told(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "END_SECONDS", 0.5)
    lesson.script(
        "stubborn.py",
        """
        import signal, time
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("no", flush=True)
        time.sleep(600)
        """,
    )
    with pytest.raises(Mismatch, match=":5: the script in terminal-1 did not end on Ctrl-C"):
        lesson.play("## Run it\n```console terminal-1\n$ stubborn.py\nno\n^C\n```\n")


@posix_only
@pytest.mark.parametrize(
    "typed",
    [
        "$ parent.py\nstarted\n",
        "$ parent.py\nstarted\n^C\n",
        "$ leaver.py\nstarted\n",
        "$ parent.py &\n[1] ...\nstarted\n$ kill %1\n",
        "$ parent.py &\n[1] ...\nstarted\n$ kill -9 %1\n",
    ],
)
def test_what_a_script_has_started_ends_with_the_scene(lesson: Lesson, typed: str) -> None:
    forking = """
        import os, signal, sys, time
        if os.fork() == 0:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            time.sleep(600)
        print("started", flush=True)
    """
    lesson.script("leaver.py", forking)
    # Short sleeps: a Ctrl-C that comes as a long one begins is seen only when it ends.
    waiting = "        while True: time.sleep(0.01)  # in place of start_consuming\n"
    lesson.script("parent.py", forking.rstrip(" ") + waiting)
    lesson.play(f"## Run it\n```console terminal-1\n{typed}```\n")
    folder = str(lesson.folder)
    eventually(lambda: not running(folder), "the forked child has ended", seconds=5)


def test_a_flood_of_lines_is_taken_in_order(lesson: Lesson) -> None:
    lesson.script("flood.py", "for number in range(100_000): print(number)")
    result = lesson.play("""
        ## Run it
        ```console terminal-1
        $ flood.py
        0
        ...
        99998
        99999
        ```
    """)
    assert result.lines == 3
    assert lesson.heard("terminal-1")[1:] == [str(number) for number in range(100_000)]
