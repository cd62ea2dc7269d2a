"""A page in the terminal."""

from pathlib import Path

import pytest

from course import console
from course.reading.render import for_terminal, show


def test_a_diagram_becomes_text() -> None:
    text = for_terminal("a\n\n```mermaid\nflowchart LR\n    A --> B\n```\n\nb\n")
    assert text == "a\n\n```text\nA --> B\n```\n\nb\n"


def test_a_diagram_of_another_kind_stays_as_it_is() -> None:
    text = "```mermaid\nsequenceDiagram\n    A ->> B: hi\n```\n"
    assert for_terminal(text) == text


def test_a_block_shows_the_name_that_it_carries() -> None:
    assert for_terminal("```console terminal-2\n$ x\n```\n") == (
        "*terminal-2*\n\n```text\n$ x\n```\n"
    )
    assert for_terminal("```python worker.py\nx = 1\n```\n") == (
        "*worker.py*\n\n```python\nx = 1\n```\n"
    )


def test_a_block_without_a_name_stays_as_it_is() -> None:
    assert for_terminal("```sh\nls\n```\n") == "```sh\nls\n```\n"


def test_on_a_pipe_the_page_is_printed_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "README.md"
    lines = "\n".join(f"- line {number}" for number in range(200))
    page.write_text(f"# Title\n\n{lines}\n", encoding="utf-8")
    show(page, console.make(plain=True))
    shown = capsys.readouterr().out
    assert "Title" in shown
    assert "line 199" in shown
    assert "\x1b" not in shown
