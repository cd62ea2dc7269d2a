"""The command line on a pipe: every answer is short, plain and has the right exit code."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from course import cli
from course.__main__ import main
from course.brokers import Broker, native
from course.brokers.vhosts import with_vhost
from tests.support import REPOSITORY, eventually, learn

CLOSED = "amqp://me:secret@127.0.0.1:1/%2F"  # nothing listens on port 1
# The command line on a machine without Docker and RabbitMQ.
BARE = """
import os, sys
os.environ["PATH"] = ""
from course.brokers import native
native.UNWRAPPED = ()
from course.__main__ import main
main()
"""


def commands() -> list[list[str]]:
    """The words of every command, as typer knows them."""
    found: list[list[str]] = [[]]

    def collect(group, words: list[str]) -> None:
        for name, command in group.commands.items():
            found.append([*words, name])
            if hasattr(command, "commands"):
                collect(command, [*words, name])

    collect(typer.main.get_command(cli.app), [])
    return found


def bare(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return learn_through("-c", BARE, *words, **environment)


def learn_through(*python: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-P", *python],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", timeout=60,
        cwd=REPOSITORY, env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "80", **environment},
        check=False,
    )  # fmt: skip


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """As `bare`, without a process of its own: for the many short answers."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(native, "UNWRAPPED", ())

    def start(*words: str) -> subprocess.CompletedProcess:
        monkeypatch.setattr(sys, "argv", ["learn", *words])
        with pytest.raises(SystemExit) as ending:
            main()
        code = ending.value.code
        assert isinstance(code, int)
        return subprocess.CompletedProcess(words, code, *capsys.readouterr())

    return start


def complaint(done: subprocess.CompletedProcess, code: int) -> str:
    """The one line on stderr with which a command ended."""
    assert done.returncode == code, done
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("learn: ")
    return lines[0]


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


def test_without_docker_and_rabbitmq_it_says_why_and_takes_the_embedded_broker() -> None:
    done = bare("run", "3.1", "--section", "Two workers")
    assert done.returncode == 0
    assert "Not docker: Docker is not installed." in done.stderr
    assert "Not native: rabbitmq-server is not installed." in done.stderr
    assert "Broker: burrow" in done.stdout


def test_a_broker_that_cannot_be_had_is_refused_in_one_line() -> None:
    assert complaint(bare("run", "3.1", "--broker", "docker"), 3) == (
        "learn: no broker to be had: Docker is not installed. The ways to get one: ./learn doctor"
    )


def test_without_any_broker_the_broker_commands_say_so(inside) -> None:
    assert "./learn broker up" in complaint(inside("broker"), 1)
    assert "./learn broker up" in complaint(inside("broker", "restart"), 3)
    assert "runs no broker" in complaint(inside("broker", "logs"), 1)
    assert inside("broker", "down").stdout.startswith("Nothing to stop")
    assert inside("broker", "reset", "--yes").stdout.startswith("Nothing to delete")


@pytest.fixture
def other_protocol() -> Iterator[int]:
    """A port where something listens that answers as a web server does."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(100)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (CLOSED, "no AMQP broker answers on 127.0.0.1, port 1"),
        ("http://me:secret@localhost:15672", "not an AMQP URL"),
        ("me:secret@localhost", "not an AMQP URL"),
        ("amqp://me:secret@[localhost/", "not an AMQP URL"),
        ("amqp://me:secret@localhost:port/", "not an AMQP URL"),
        ("amqp://me:secret@localhost:99999/", "not an AMQP URL"),
        ("amqp://me:secret@localhost:1/%2F?heartbeat=secret", "is not valid"),
        ("amqp://me:secret@no-such-host.invalid/", "no AMQP broker answers on no-such-host"),
    ],
)
def test_a_url_without_a_broker_is_one_line_that_keeps_the_password(
    inside, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv("RABBITMQ_URL", url)
    done = inside("run", "3.3")
    assert said in complaint(done, 3)
    assert "secret@" not in done.stderr
    assert "me:secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("words", [["run", "3.3"], ["broker", "status"]], ids=" ".join)
def test_a_port_that_speaks_something_else_is_one_line(
    words: list[str], other_protocol: int
) -> None:
    done = learn(*words, RABBITMQ_URL=f"amqp://me:secret@127.0.0.1:{other_protocol}/")
    assert "no AMQP broker answers" in complaint(done, 3)


def test_a_dead_url_is_not_taken_and_not_saved(own_work_folder: Path) -> None:
    said = complaint(learn("broker", "use", "url", CLOSED), 3)
    assert "secret" not in said
    assert not (own_work_folder / "broker.json").exists()


def test_a_wrong_password_and_a_wrong_vhost_are_told_apart(rabbitmq: Broker) -> None:
    wrong = rabbitmq.url.replace("guest:guest", "guest:wr0ng")
    done = learn("run", "3.3", RABBITMQ_URL=wrong)
    assert "refused the user name or password" in complaint(done, 3)
    assert "wr0ng" not in done.stdout + done.stderr
    done = learn("run", "3.3", RABBITMQ_URL=with_vhost(rabbitmq.url, "nowhere"))
    assert "no such vhost" in complaint(done, 3)


def management(broker: Broker) -> dict[str, str]:
    assert broker.management is not None
    return {"RABBITMQ_URL": broker.url, "RABBITMQ_MANAGEMENT_URL": broker.management.base_url}


def test_playing_on_a_pipe_shows_every_line_and_leaves_nothing(
    rabbitmq: Broker, own_work_folder: Path
) -> None:
    before = rabbitmq.management.vhosts()
    done = learn("run", "3.3", "--section", "Run it", **management(rabbitmq))
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert re.search(r"^terminal-1 │ \$ \./learn script", done.stdout, re.MULTILINE)
    assert re.search(r"^✓ Lesson 3.3: all \d+ lines came as the page says", done.stdout, re.M)
    assert rabbitmq.management.vhosts() == before
    # One section is not the whole lesson.
    assert not (own_work_folder / "progress.json").exists()


def test_a_broker_that_may_not_restart_leaves_that_scene_out_and_says_so(
    rabbitmq: Broker,
) -> None:
    done = learn("run", "3.1", "--section", "restart", **management(rabbitmq))
    assert done.returncode == 3, done
    assert "(the course may not restart this broker)." in " ".join(done.stdout.split())
    assert "nothing was played. Left out: The broker restarts" in done.stderr


def test_a_chosen_url_is_kept_for_later_commands(rabbitmq: Broker, own_work_folder: Path) -> None:
    done = learn("broker", "use", "url", rabbitmq.url)
    assert done.returncode == 0
    assert "guest:***@127.0.0.1" in done.stdout
    later = learn("broker", "status")
    assert later.returncode == 0
    assert "as you chose" in " ".join(later.stdout.split())
    assert "guest:guest" not in later.stdout
    assert learn("broker", "use", "auto").returncode == 0
    assert json.loads((own_work_folder / "broker.json").read_text())["use"] == "auto"


def test_the_course_does_not_restart_a_broker_given_by_its_url(rabbitmq: Broker) -> None:
    done = learn("broker", "restart", **management(rabbitmq))
    assert done.returncode == 2
    assert "the course does not restart it" in done.stderr


@pytest.fixture
def script(tmp_path: Path):
    """Write a script, and give the words that run it."""

    def make(source: str) -> list[str]:
        path = tmp_path / "it.py"
        path.write_text(source, encoding="utf-8")
        return ["script", str(path)]

    return make


def test_all_words_after_a_script_are_its_own(script) -> None:
    words = script("import os, sys\nprint(sys.argv[1:], os.environ['RABBITMQ_URL'])")
    own = ["--plain", "-x", "--help", "--broker", "a b", "--", "-"]
    done = learn(*words, *own, RABBITMQ_URL=CLOSED)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{own} {CLOSED}\n"


def test_the_exit_code_of_a_script_is_ours(script) -> None:
    done = learn(*script("raise SystemExit(7)"), RABBITMQ_URL=CLOSED)
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot replace a process")
def test_a_script_takes_the_place_of_the_command_so_that_signals_reach_it(script) -> None:
    words = script(
        "import os, signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('got it', flush=True), sys.exit(5)))\n"
        "print(os.getpid(), flush=True)\n"
        "while True: signal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "course", *words],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "RABBITMQ_URL": CLOSED},
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert int(process.stdout.readline()) == process.pid
            process.send_signal(signal.SIGTERM)
            assert process.stdout.readline() == "got it\n"
            assert process.wait(10) == 5
        finally:
            process.kill()


def test_a_script_whose_broker_goes_says_so_in_one_line(rabbitmq: Broker) -> None:
    worker = REPOSITORY / "module_3" / "01_work_queues" / "worker.py"
    with rabbitmq.new_vhost() as url, subprocess.Popen(
        [sys.executable, "-P", "-m", "course", "script", str(worker)],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "RABBITMQ_URL": url},
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert "Waiting" in process.stdout.readline()
            eventually(lambda: rabbitmq.drop_connections(url), "a connection to drop")
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 1
    assert errors.startswith(" [!] ConnectionClosedByBroker: 320")
    assert len(errors.splitlines()) == 1


def test_an_unexpected_error_is_one_line_and_a_log(own_work_folder: Path) -> None:
    broken = (
        "from course import commands\n"
        "def broken(options): raise ZeroDivisionError('oh')\n"
        "commands.list_units = broken\n"
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
