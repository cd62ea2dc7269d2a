"""A script runs as by `python SCRIPT`, and a lost broker is told in one line."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def run(tmp_path: Path):
    """Write a script and run it to its end."""

    def start(source: str, *words: str, timeout: float = 30) -> subprocess.CompletedProcess:
        script = tmp_path / "it.py"
        script.write_text(textwrap.dedent(source), encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-P", "-m", "course.host", str(script), *words],
            capture_output=True, text=True, cwd=tmp_path, timeout=timeout, check=False,
        )  # fmt: skip

    return start


def test_a_script_sees_its_name_its_arguments_and_its_neighbours(run, tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("WORD = 'near'\n")
    done = run("import sys, neighbour; print(__name__, sys.argv, neighbour.WORD)", "-x", "--help")
    assert done.stdout == "__main__ ['it.py', '-x', '--help'] near\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_the_exit_code_is_the_scripts(run) -> None:
    assert run("raise SystemExit(7)").returncode == 7


def test_an_error_of_the_script_itself_is_shown_as_python_shows_it(run) -> None:
    done = run("1 / 0")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("ConnectionClosedByBroker(320, 'CONNECTION_FORCED')", "320, CONNECTION_FORCED"),
        ("ChannelClosedByBroker(404, 'NOT_FOUND - no queue')", "404, NOT_FOUND - no queue"),
        ("StreamLostError('reset by peer')", "reset by peer"),
        ("AMQPConnectionError()", "no broker answers. Start one: ./learn broker up"),
        ("UnroutableError([])", "0 unroutable message(s) returned"),
        ("ChannelWrongStateError()", "the broker broke it off"),
    ],
)
def test_a_lost_broker_is_one_line_without_a_traceback(run, error: str, said: str) -> None:
    done = run(f"from pika.exceptions import *\nraise {error}")
    assert done.returncode == 1
    assert done.stderr == f" [!] {error.partition('(')[0]}: {said}\n"


def test_no_broker_at_all_is_one_line(run) -> None:
    done = run("""
        import pika
        pika.BlockingConnection(pika.URLParameters("amqp://127.0.0.1:1/%2F"))
    """)
    assert done.returncode == 1
    assert done.stderr == (
        " [!] AMQPConnectionError: no broker answers. Start one: ./learn broker up\n"
    )


@posix_only
def test_ctrl_c_ends_a_script_without_a_traceback(run) -> None:
    done = run("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(20)")
    assert (done.returncode, done.stderr) == (130, "")


@posix_only
def test_ctrl_c_works_where_a_shell_had_it_ignored(tmp_path: Path) -> None:
    script = tmp_path / "it.py"
    script.write_text("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\n")
    ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)  # children inherit it
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "course.host", str(script)], timeout=30, check=False
        )
    finally:
        signal.signal(signal.SIGINT, ignored)
    assert done.returncode == 130
