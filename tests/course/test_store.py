"""Small files: the old or the new one, and nothing lost."""

import os
import threading
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict

from course import store
from course.errors import CouldNotCheck


class Notes(BaseModel):
    model_config = ConfigDict(extra="forbid")

    schema_version: Literal[1] = 1
    text: str = "nothing yet"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.json"


def test_what_was_saved_is_loaded(path: Path) -> None:
    store.save(path, Notes(text="größer → ok"))
    assert store.load(path, Notes, pytest.fail) == Notes(text="größer → ok")


def test_a_missing_file_is_a_fresh_start_without_a_word(path: Path) -> None:
    assert store.load(path, Notes, pytest.fail) == Notes()
    assert not path.exists()


def test_missing_folders_are_made(tmp_path: Path) -> None:
    store.save(tmp_path / "deep" / "er" / "notes.json", Notes())
    assert (tmp_path / "deep" / "er" / "notes.json").is_file()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"not JSON at all",
        b"[]",
        b"\xff\xfe\x00",
        b'{"schema_version": 2, "text": "from a newer course"}',
        b'{"schema_version": 1, "text": ["no text"]}',
        b'{"schema_version": 1, "unknown": true}',
    ],
)
def test_a_file_that_cannot_be_read_is_set_aside_whole(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    said: list[str] = []
    assert store.load(path, Notes, said.append) == Notes()
    assert not path.exists()
    assert (path.parent / "notes.damaged-1.json").read_bytes() == content
    assert len(said) == 1
    assert "\n" not in said[0]
    assert "notes.json" in said[0]
    assert "notes.damaged-1.json" in said[0]


def test_a_second_damaged_file_does_not_replace_the_first(path: Path) -> None:
    for content in ("first", "second", "third"):
        path.write_text(content)
        store.load(path, Notes, lambda line: None)
    kept = {file.name: file.read_text() for file in path.parent.iterdir()}
    assert kept == {
        "notes.damaged-1.json": "first",
        "notes.damaged-2.json": "second",
        "notes.damaged-3.json": "third",
    }


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_interrupted_save_leaves_the_old_file_and_no_other(
    path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(path, Notes(text="old"))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os if step == "fsync" else Path, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.save(path, Notes(text="new"))
    monkeypatch.undo()
    assert store.load(path, Notes, pytest.fail).text == "old"
    assert [file.name for file in path.parent.iterdir()] == ["notes.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows does not replace a file that is being read")
def test_a_reader_never_meets_half_a_file(path: Path) -> None:
    store.save(path, Notes(text="a" * 100_000))
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for letter in "ab":
                store.save(path, Notes(text=letter * 100_000))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(300):
            text = store.load(path, Notes, pytest.fail).text
            assert text in ("a" * 100_000, "b" * 100_000)
    finally:
        stop.set()
        writer.join()


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_only_the_owner_may_read_the_file(path: Path) -> None:
    store.save(path, Notes(text="a password"))
    assert path.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "notes.json"  # not even root can make it
    for use in (lambda: store.load(path, Notes, pytest.fail), lambda: store.save(path, Notes())):
        with pytest.raises(CouldNotCheck) as caught:
            use()
        assert str(caught.value).startswith(f"{path} cannot be ")
        assert str(caught.value).endswith(" See: ./learn doctor")
