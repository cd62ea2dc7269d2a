"""The player plays a page's scenes, terminals, jobs and steps in order."""

import sys
from pathlib import Path

import pytest

from course.errors import WrongUse
from course.player.page import PageError
from course.player.play import RESTARTED, RESTARTING
from tests.course.player.lessons import CONSUMER, HELLO, Lesson, Recorded

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals and fork of POSIX")


def test_lines_that_come_as_the_page_says(lesson: Lesson) -> None:
    lesson.script("hello.py", HELLO)
    result = lesson.play("""
        # 1.1 X
        ## Run it
        ```console terminal-1
        $ hello.py one 'two words' --three
        one
        two words
        --three
        ```
    """)
    assert (result.scenes, result.lines, result.skipped) == (1, 3, [])
    assert result.seconds > 0


def test_one_terminal_after_the_other_as_the_page_has_it(lesson: Lesson) -> None:
    lesson.script("hello.py", HELLO)
    lesson.script("consumer.py", CONSUMER)
    lesson.play("""
        ## Run it
        ```console terminal-1
        $ consumer.py
        waiting
        ```
        ```console terminal-2
        $ hello.py a
        a
        $ hello.py b
        b
        ```
        ```console terminal-1
        ^C
        $ hello.py c
        c
        ```
    """)
    shown = [text for name, text in lesson.view.told if name.startswith("terminal")]
    script = "$ ./learn script module_1/01_x"
    assert shown == [
        f"{script}/consumer.py", "waiting",
        f"{script}/hello.py a", "a", f"{script}/hello.py b", "b",
        "$ ^C", f"{script}/hello.py c", "c",
    ]  # fmt: skip


def test_the_log_holds_all_that_was_shown(lesson: Lesson) -> None:
    lesson.script("hello.py", HELLO)
    lesson.play("## Run it\n```console terminal-1\n$ hello.py größer\ngrößer\n```\n")
    assert lesson.log.read_text(encoding="utf-8").splitlines() == [
        "terminal-1 | $ ./learn script module_1/01_x/hello.py größer",
        "terminal-1 | größer",
    ]


def test_scripts_get_the_url_and_start_in_the_repository(lesson: Lesson) -> None:
    lesson.script(
        "where.py",
        """
        import os, sys
        print(os.environ["RABBITMQ_URL"])
        print(os.path.samefile(os.getcwd(), sys.argv[1]))
        """,
    )
    lesson.play(f"""
        ## Run it
        ```console terminal-1
        $ where.py '{lesson.root}'
        amqp://nobody@127.0.0.1:1/%2F
        True
        ```
    """)


def test_narrations_and_notices_are_told_around_their_scene(lesson: Lesson) -> None:
    lesson.script("hello.py", HELLO)
    lesson.play("""
        ## Run it
        ### First
        Not this paragraph.

        Say hello.
        ```console terminal-1
        $ hello.py
        hello
        ```
        ```console terminal-2
        $ hello.py
        hello
        ```
        **Notice:** it said
        hello twice.
        ### Second
        ```console terminal-1
        $ hello.py
        hello
        ```
    """)
    told = [entry for entry in lesson.view.told if not entry[0].startswith("terminal")]
    assert told == [
        ("scene", "First"), ("narration", "Say hello."), ("narration", ""),
        ("notice", "it said\nhello twice."),
        ("scene", "Second"), ("narration", ""), ("notice", ""),
    ]  # fmt: skip


def test_one_section_can_be_played_alone(lesson: Lesson) -> None:
    lesson.script("hello.py", HELLO)
    lesson.script("broken.py", "raise SystemExit('not to be played')")
    page = """
        ## Run it
        ```console terminal-1
        $ broken.py
        ```
        ## Break it
        ```console terminal-1
        $ hello.py
        hello
        ```
    """
    assert lesson.play(page, section="break").scenes == 1
    with pytest.raises(WrongUse, match=r"no section 'Brake it'\. Did you mean Break it\?"):
        lesson.play(page, section="Brake it")


RESTART = f"""
## Run it
### Quiet
```console terminal-1
$ hello.py
hello
```
### A restart
```console terminal-1
$ ./learn broker restart
{RESTARTING}
{RESTARTED}
```
"""


def test_a_restart_of_the_broker_is_a_step(lesson: Lesson) -> None:
    lesson.script("hello.py", HELLO)
    result = lesson.play(RESTART)
    assert lesson.broker.restarted == 1
    assert (result.scenes, result.lines) == (2, 3)


def test_a_broker_that_may_not_restart_leaves_that_scene_out_and_says_so(lesson: Lesson) -> None:
    lesson.script("hello.py", HELLO)
    lesson.broker = Recorded(restarts=False)
    result = lesson.play(RESTART)
    assert (result.scenes, result.skipped) == (1, ["A restart"])
    assert ("skipped", "A restart: the course may not restart this broker") in lesson.view.told
    assert lesson.broker.restarted == 0


@pytest.mark.parametrize(("version", "plays"), [((4, 2, 9), 0), ((4, 3), 1), ((4, 10, 0), 1)])
def test_a_scene_may_need_a_version(lesson: Lesson, version: tuple[int, ...], plays: int) -> None:
    lesson.script("hello.py", HELLO)
    lesson.broker = Recorded(version)
    result = lesson.play(
        "## Run it\n### New (RabbitMQ 4.3)\n```console terminal-1\n$ hello.py\nhello\n```\n"
    )
    assert result.scenes == plays
    assert result.skipped == ([] if plays else ["New (RabbitMQ 4.3)"])


def test_a_page_with_an_unknown_command_starts_nothing(lesson: Lesson) -> None:
    marker = lesson.root / "was here"
    lesson.script("touch.py", "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()")
    page = f"## Run it\n```console terminal-1\n$ touch.py '{marker}'\n$ rm -rf x\n```\n"
    with pytest.raises(PageError, match=r"README.md:4: the player cannot run: rm -rf x"):
        lesson.play(page)
    assert not Path(marker).exists()
