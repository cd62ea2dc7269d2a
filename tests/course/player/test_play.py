"""The player holds scripts to every line of the page, and ends them all."""

import re
import sys
from pathlib import Path

import psutil
import pytest

from course.errors import WrongUse
from course.player import play as player
from course.player.page import PageError
from course.player.play import RESTARTED, RESTARTING, Mismatch
from tests.course.player.lessons import CONSUMER, Lesson, Recorded
from tests.support import eventually

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals and fork of POSIX")

HELLO = """
    import sys
    for word in sys.argv[1:] or ["hello"]:
        print(word)
"""


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
    lesson.script("parent.py", forking + "    time.sleep(600)  # in place of start_consuming\n")
    lesson.play(f"## Run it\n```console terminal-1\n{typed}```\n")
    folder = str(lesson.folder)
    eventually(lambda: not running(folder), "the forked child has ended", seconds=5)


def running(folder: str) -> list[psutil.Process]:
    """The processes of scripts in the folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if any(word.startswith(folder) for word in process.info["cmdline"] or [])
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


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
