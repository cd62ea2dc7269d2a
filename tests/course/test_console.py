"""Colour and signs only where they can be shown."""

import io
import sys

import pytest

from course import console


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch):
    """Our output as a terminal would take it, in the given encoding."""

    def make(encoding: str) -> io.TextIOWrapper:
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("TERM", "xterm-256color")
        return stream

    return make


def shown(stream: io.TextIOWrapper) -> str:
    return stream.buffer.getvalue().decode(stream.encoding)


def test_a_utf8_terminal_gets_colour_and_signs(terminal) -> None:
    stream = terminal("utf-8")
    output = console.make(plain=False)
    output.out.print("hello", style="red")
    assert "\x1b[" in shown(stream)
    assert output.symbols == console.FANCY
    assert output.interactive


def test_plain_means_no_colour_ascii_and_nobody_to_ask(terminal) -> None:
    stream = terminal("utf-8")
    output = console.make(plain=True)
    output.out.print("• hello …", style="bold red")
    assert shown(stream) == "* hello ...\n"
    assert output.symbols == console.ASCII
    assert not output.interactive


def test_no_color_is_respected(terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = terminal("utf-8")
    monkeypatch.setenv("NO_COLOR", "1")
    console.make(plain=False).out.print("hello", style="bold red")
    assert shown(stream) == "hello\n"


def test_a_terminal_without_our_signs_gets_ascii_and_never_an_error(terminal) -> None:
    stream = terminal("cp1252")
    output = console.make(plain=False)
    assert output.symbols == console.ASCII
    output.out.print("a → b ✓ é \N{SNOWMAN}", markup=False)
    assert shown(stream) == "a -> b x é ?\n"


def test_what_is_said_meanwhile_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    console.make(plain=False).say("Fetching [bold] things")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Fetching [bold] things\n"
