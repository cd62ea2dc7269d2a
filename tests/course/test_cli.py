"""The command line on a pipe: every answer is short, plain and has the right exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from course import cli
from tests.course.command_line import bare, complaint, learn_through
from tests.support import REPOSITORY, learn


def commands() -> list[list[str]]:
    """The words of every command, as typer knows them; `project` hands all of its on."""
    found: list[list[str]] = [[]]

    def collect(group, words: list[str]) -> None:
        for name, command in group.commands.items():
            if name == "project":
                continue
            found.append([*words, name])
            if hasattr(command, "commands"):
                collect(command, [*words, name])

    collect(typer.main.get_command(cli.app), [])
    return found


@pytest.mark.parametrize("words", commands(), ids=lambda words: " ".join(words) or "learn")
def test_help_fits_a_small_terminal_and_has_an_example(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run_command_line([*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert max(map(len, shown.splitlines())) <= 80
    assert f"Example: ./learn {' '.join(words)}" in shown
    for option in ("--plain", "--broker", "--help"):
        assert option in shown


def test_help_through_a_pipe_needs_no_broker_and_writes_nothing(own_work_folder: Path) -> None:
    done = bare("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: learn" in done.stdout
    assert not own_work_folder.exists()


def test_wrong_use_through_a_pipe_is_one_line() -> None:
    assert "Did you mean 3.1?" in complaint(bare("run", "3.11"), 2)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["lisst"], ["lisst", "list"]),
        (["list", "--plian"], ["--plian", "--plain"]),
        (["read", "3.11"], ["no lesson '3.11'", "Did you mean 3.1?"]),
        (["read"], ["LESSON"]),
        (["run", "work_queue"], ["no lesson 'work_queue'", "Did you mean work_queues?"]),
        (["run", "3.1", "--section", "Brake it"], ["no section 'Brake it'", "mean Break it?"]),
        (["run", "3.1", "--step"], ["--step waits for Enter"]),
        (["script", "module_3/01_work_queues/wroker.py"], ["wroker.py'", "worker.py?"]),
        (["list", "extra"], ["extra"]),
        (["broker", "stauts"], ["stauts", "status"]),
        (["broker", "use", "dokcer"], ["no broker 'dokcer'", "Did you mean docker?"]),
        (["broker", "use", "docker", "amqp://x"], ["./learn broker use url"]),
        (["broker", "up", "--broker", "nativ"], ["no broker 'nativ'", "Did you mean native?"]),
        (["broker", "reset"], ["--yes"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_wrong_use_is_one_line_with_what_was_meant(
    inside, words: list[str], parts: list[str]
) -> None:
    said = complaint(inside(*words), 2)
    for part in parts:
        assert part in said


def test_the_list_shows_what_was_read_and_played(own_work_folder: Path) -> None:
    own_work_folder.mkdir()
    when = {"read_at": "2026-01-01T00:00:00Z"}
    lessons = {"3.1": {**when, "played_at": "2026-01-02T00:00:00Z"}, "3.2": when}
    (own_work_folder / "progress.json").write_text(json.dumps({"lessons": lessons}))
    done = learn("list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.split()[1]: line for line in done.stdout.splitlines() if " 3." in line[:8]}
    assert lines["3.1"].split()[0] == "✓"
    assert lines["3.1"].endswith("played")
    assert lines["3.2"].endswith("read")
    assert lines["3.3"].split()[0] == "·"
    assert lines["3.3"].endswith("min")


def test_reading_prints_the_page_and_is_remembered(own_work_folder: Path) -> None:
    done = learn("read", "3.1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Work queues" in done.stdout
    assert "Break it" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    progress = json.loads((own_work_folder / "progress.json").read_text())
    assert "read_at" in progress["lessons"]["3.1"]


@pytest.mark.parametrize("words", [["list"], ["read", "3.4"], ["doctor"], []], ids=str)
def test_plain_is_ascii_without_escape_codes(words: list[str]) -> None:
    done = bare(*words, "--plain", FORCE_COLOR="1", TERM="xterm-256color")
    assert done.stdout
    assert (done.stdout + done.stderr).isascii()
    assert "\x1b" not in done.stdout + done.stderr


def test_no_color_gives_no_escape_codes() -> None:
    done = bare("read", "3.1", NO_COLOR="1", FORCE_COLOR="1", TERM="xterm-256color")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("words", [["read", "3.1"], ["list"]], ids=" ".join)
def test_a_reader_who_has_gone_is_no_fault(words: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "course", *words],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_alone_on_a_pipe_it_welcomes_once_and_then_says_the_next_step() -> None:
    first = bare()
    assert first.returncode == 0
    assert "Welcome" in first.stdout
    assert "the course's practice broker (not RabbitMQ)" in " ".join(first.stdout.split())
    assert "3.1 Work queues" in first.stdout
    assert first.stdout.rstrip().splitlines()[-1].strip().endswith("./learn read 3.1")
    second = bare()
    assert (second.returncode, second.stderr) == (0, "")
    assert "Welcome" not in second.stdout
    assert "You have read lesson 3.1" in second.stdout
    assert len(second.stdout.splitlines()) < 10


def test_a_damaged_progress_file_is_set_aside_and_the_command_goes_on(
    own_work_folder: Path,
) -> None:
    own_work_folder.mkdir()
    (own_work_folder / "progress.json").write_text("{ damaged")
    done = learn("list")
    assert done.returncode == 0
    assert "progress.damaged-1.json" in done.stderr
    assert "3.1" in done.stdout
    assert (own_work_folder / "progress.damaged-1.json").read_text() == "{ damaged"
    assert learn("list").stderr == ""


def test_an_unexpected_error_is_one_line_and_a_log(own_work_folder: Path) -> None:
    broken = (
        "from course import listing\n"
        "def broken(options): raise ZeroDivisionError('oh')\n"
        "listing.list_units = broken\n"
        "from course.__main__ import main\nmain()\n"
    )
    log = own_work_folder / "logs" / "crash.log"
    said = complaint(learn_through("-c", broken, "list"), 3)
    assert said == (
        "learn: a mistake in the course itself: ZeroDivisionError('oh'). "
        f"Details for a bug report: {log}"
    )
    assert "Traceback" in log.read_text(encoding="utf-8")


@pytest.mark.skipif(
    not Path("/sys").is_dir(), reason="needs a folder where even root may not write"
)
def test_a_work_folder_without_access_is_one_line() -> None:
    said = complaint(bare("broker", "up", LEARN_WORK="/sys/learn"), 3)
    assert said.startswith("learn: /sys/learn")
    assert said.endswith("See: ./learn doctor")
