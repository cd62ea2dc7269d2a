"""./learn script: a lesson's script in this terminal, with the broker's URL."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from course.brokers import Broker
from tests.course.command_line import CLOSED
from tests.support import REPOSITORY, drop_connections, learn


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
            drop_connections(rabbitmq, url, 1)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 1
    assert errors.startswith(" [!] ConnectionClosedByBroker: 320")
    assert len(errors.splitlines()) == 1
