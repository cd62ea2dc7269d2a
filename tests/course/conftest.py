"""Fixtures for the tests of the engine."""

import subprocess
import sys

import pytest

from course.__main__ import main
from course.brokers import native


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """The command line without Docker and RabbitMQ, in this process: for the many short answers."""
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
