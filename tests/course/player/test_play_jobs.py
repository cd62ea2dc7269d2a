"""Jobs in the background, and what becomes of them: kill, and Ctrl-C."""

import re
import sys

import pytest

from course.player.play import Mismatch
from tests.course.player.lessons import CONSUMER, HELLO, Lesson, running
from tests.support import eventually

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals and fork of POSIX")


def test_a_job_in_the_background_can_be_killed(lesson: Lesson) -> None:
    lesson.script("consumer.py", CONSUMER)
    lesson.script("hello.py", HELLO)
    lesson.play("""
        ## Run it
        ```console terminal-1
        $ consumer.py &
        [1] ...
        waiting
        $ consumer.py &
        [2] ...
        waiting
        $ kill -9 %2
        $ hello.py
        hello
        $ kill %1
        ```
    """)
    assert re.fullmatch(r"\[1\] \d+", lesson.heard("terminal-1")[1])


def test_a_killed_job_gets_the_signal_that_the_page_names(lesson: Lesson) -> None:
    lesson.script(
        "polite.py",
        """
        import signal, sys
        def end(number, frame):
            print("got", signal.Signals(number).name, flush=True)
            sys.exit()
        signal.signal(signal.SIGTERM, end)
        print("ready", flush=True)
        while True:
            signal.pause()
        """,
    )
    if sys.platform == "win32":
        pytest.skip("Windows ends a process without asking it")
    lesson.play(
        "## Run it\n```console terminal-1\n$ polite.py &\n[1] ...\nready\n"
        "$ kill %1\ngot SIGTERM\n```\n"
    )


def test_a_job_that_does_not_exist_cannot_be_killed(lesson: Lesson) -> None:
    with pytest.raises(Mismatch, match=":3: there is no job %1 to kill"):
        lesson.play("## Run it\n```console terminal-1\n$ kill %1\n```\n")


def test_an_interrupted_play_ends_its_scripts(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson.script("consumer.py", CONSUMER)

    def narration(text: str) -> None:
        if text == "Stop here.":
            raise KeyboardInterrupt

    monkeypatch.setattr(lesson.view, "narration", narration)
    with pytest.raises(KeyboardInterrupt):
        lesson.play("""
            ## Run it
            ```console terminal-1
            $ consumer.py
            waiting
            ```
            Stop here.
            ```console terminal-2
            $ consumer.py
            waiting
            ```
        """)
    assert lesson.heard("terminal-1")[-1] == "waiting"
    eventually(lambda: not running(str(lesson.folder)), "it ended", 5)
