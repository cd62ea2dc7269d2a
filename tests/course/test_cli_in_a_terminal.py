"""The command line in a terminal: it waits for the learner, and Ctrl-C ends everything."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from course.brokers import Broker
from tests.support import REPOSITORY, eventually

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals like these", allow_module_level=True)
pexpect = pytest.importorskip("pexpect")

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator:
    """Start `./learn` in a terminal of 24 lines; what is left of it is ended."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "LESS", "PAGER", "MANPAGER", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    started = []

    def start(*words: str, **environment: str):
        child = pexpect.spawn(
            sys.executable, ["-P", "-m", "course", *words], cwd=str(REPOSITORY),
            env={**os.environ, "PYTHONUTF8": "1", **environment}, encoding="utf-8",
            timeout=40, dimensions=(24, 100),
        )  # fmt: skip
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


def end(child) -> tuple[str, int]:
    """What else it shows, without codes, and its exit code."""
    child.expect(pexpect.EOF)
    child.close()
    return CODES.sub("", child.before).replace("\r", ""), child.exitstatus


def ctrl_c_at_prompt(child) -> tuple[str, int]:
    """Ctrl-C where it waits for Enter; once more if Python was about to wait, and missed it."""
    for _ in range(4):
        child.sendintr()
        if child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=5) == 0:
            break
    child.close()
    return CODES.sub("", child.before).replace("\r", ""), child.exitstatus


def to(broker: Broker) -> dict[str, str]:
    assert broker.management is not None
    return {"RABBITMQ_URL": broker.url, "RABBITMQ_MANAGEMENT_URL": broker.management.base_url}


def test_the_first_start_waits_for_enter_and_then_shows_the_first_page(
    terminal, rabbitmq: Broker
) -> None:
    child = terminal(**to(rabbitmq), PAGER="cat")
    child.expect("Welcome")
    child.expect("as.*RABBITMQ_URL.*says")
    child.expect("Press Enter to read lesson 3.1, Ctrl-C to stop here. ")
    assert "What you will be able to do" not in child.before
    child.sendline("")
    child.expect("What you will be able to do")
    shown, code = end(child)
    assert code == 0
    assert "./learn run 3.1" in shown


def test_ctrl_c_at_the_welcome_stops_without_a_traceback(terminal, own_work_folder: Path) -> None:
    # A URL that nobody answers: the welcome goes on without a broker.
    child = terminal(RABBITMQ_URL="amqp://127.0.0.1:1/")
    child.expect("Press Enter")
    shown, code = ctrl_c_at_prompt(child)
    assert code == 130
    assert "learn: stopped. It goes on where it was: ./learn" in shown
    assert "Traceback" not in shown
    assert list((own_work_folder).glob("progress.*")) == [own_work_folder / "progress.json"]


def test_a_page_is_shown_in_a_pager(terminal, tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho PAGER BEGINS\ncat\necho PAGER ENDS\n")
    pager.chmod(0o755)
    child = terminal("read", "3.1", PAGER=str(pager))
    child.expect("PAGER BEGINS")
    child.expect("Break it")
    child.expect("PAGER ENDS")
    assert end(child)[1] == 0
    plain, code = end(terminal("read", "3.1", "--plain", PAGER=str(pager)))
    assert code == 0
    assert "PAGER" not in plain
    assert "Break it" in plain


def test_a_pager_that_is_left_early_is_no_fault(terminal) -> None:
    assert end(terminal("read", "3.1", PAGER="true"))[1] == 0


def test_colours_are_for_terminals_unless_the_learner_says_no(terminal) -> None:
    for words, environment, coloured in (
        (["list"], {}, True),
        (["list"], {"NO_COLOR": "1"}, False),
        (["list", "--plain"], {}, False),
    ):
        child = terminal(*words, **environment)
        child.expect(pexpect.EOF)
        assert ("\x1b[" in child.before) == coloured


def test_step_waits_before_each_command(terminal, rabbitmq: Broker) -> None:
    child = terminal("run", "3.3", "--section", "Run it", "--step", **to(rabbitmq))
    child.expect(r"\$ \./learn script ")
    child.expect(r"\(Enter to go on\)")
    with pytest.raises(pexpect.TIMEOUT):  # nothing has been started
        child.expect("Waiting", timeout=1)
    child.sendline("")
    child.expect(r"\(Enter to go on\)")
    shown, code = ctrl_c_at_prompt(child)
    assert code == 130
    assert "Traceback" not in shown


def test_ctrl_c_while_playing_ends_every_script_and_removes_the_vhost(
    terminal, rabbitmq: Broker
) -> None:
    before = set(rabbitmq.management.vhosts())
    child = terminal("run", "3.1", **to(rabbitmq))
    child.expect("Waiting for")
    family = psutil.Process(child.pid).children(recursive=True)
    assert family
    assert set(rabbitmq.management.vhosts()) - before
    child.sendintr()
    shown, code = end(child)
    assert code == 130
    assert "learn: stopped." in shown
    assert "Traceback" not in shown
    eventually(lambda: not any(map(psutil.Process.is_running, family)), "its scripts have ended")
    assert set(rabbitmq.management.vhosts()) == before


def test_ctrl_c_reaches_a_script_in_the_foreground(terminal, rabbitmq: Broker) -> None:
    with rabbitmq.new_vhost() as url:
        child = terminal("script", "module_3/01_work_queues/worker.py", RABBITMQ_URL=url)
        child.expect("Waiting")
        child.sendintr()
        shown, code = end(child)
    assert code == 0
    assert "Traceback" not in shown
    assert "learn:" not in shown
