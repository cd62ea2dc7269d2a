"""Inputs are found wherever a person points, in an order that does not change."""

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from task_processor.errors import InputError
from task_processor.storage.inputs import Input, list_inputs

FILES = [
    "a.png",
    "b/c.JPG",
    "b/d/e.webp",
    "b/notes.txt",
    "b/.hidden.png",
    ".git/f.png",
    "odd name [1].gif",
    "out/g-0123.png",
]


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "photos"


def below(found: Iterator[Input]) -> list[str]:
    return [one.relative for one in found]


def test_a_folder_gives_its_images_sorted_without_hidden_ones() -> None:
    every = ["a.png", "b/c.JPG", "b/d/e.webp", "odd name [1].gif", "out/g-0123.png"]
    assert below(list_inputs(["photos"])) == every
    assert below(list_inputs(["photos/"], exclude="photos/out")) == every[:-1]


def test_locations_are_absolute_and_without_dots(tree: Path) -> None:
    [found] = list_inputs(["photos/../photos/./a.png"])
    assert found == Input(str(tree / "a.png"), "a.png")


def test_a_file_that_is_named_is_taken_whatever_its_suffix() -> None:
    named = ["photos/b/notes.txt", "photos/b/.hidden.png", "photos/odd name [1].gif"]
    assert below(list_inputs(named)) == ["notes.txt", ".hidden.png", "odd name [1].gif"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("photos/*.png", ["a.png"]),
        ("photos/**/*.*", ["a.png", "b/c.JPG", "b/d/e.webp", "odd name [1].gif", "out/g-0123.png"]),
        ("photos/b*", ["b/c.JPG", "b/d/e.webp"]),
        ("photos/?/*.JPG", ["b/c.JPG"]),
        ("photos/b/**", ["c.JPG", "d/e.webp"]),
    ],
)
def test_a_glob_gives_what_matches(pattern: str, expected: list[str]) -> None:
    assert below(list_inputs([pattern])) == expected


@pytest.mark.parametrize("end", ["\n", "\0", "\r\n"])
def test_a_list_is_read_from_the_standard_input(tree: Path, end: str) -> None:
    lines = ["photos/a.png", "photos/odd name [1].gif", "photos/b", ""]
    found = list(list_inputs(["-"], BytesIO(end.join(lines).encode())))
    assert [one.relative for one in found] == ["a.png", "odd name [1].gif", "c.JPG", "d/e.webp"]


def test_a_long_list_is_not_held_in_memory() -> None:
    class Endless(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return b"photos/a.png\n" * 1000

    found = list_inputs(["-"], Endless())
    assert [next(found).relative for _ in range(5000)] == ["a.png"] * 5000


def test_a_list_without_ends_is_refused() -> None:
    with pytest.raises(InputError, match="more than 8192 bytes"):
        list(list_inputs(["-"], BytesIO(b"x" * 100_000)))


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        ([], "no input was named"),
        (["photos", "nope.png"], "nope.png: there is no such file or folder"),
        (["photos/*.tiff"], "no image matches"),
        (["http://localhost/a.png"], "only local paths and s3:// URLs"),
        (["s3://bucket/*.png"], "globs are for local files"),
        (["-"], "there is none"),
    ],
)
def test_what_does_not_exist_is_said_before_anything_is_given(
    patterns: list[str], said: str
) -> None:
    with pytest.raises(InputError, match=said.replace("*", ".")):
        list_inputs(patterns)


@pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege on Windows")
def test_links_to_folders_are_not_followed_so_that_a_loop_ends(tree: Path) -> None:
    (tree / "b" / "loop").symlink_to(tree)
    (tree / "b" / "link.png").symlink_to(tree / "a.png")
    assert below(list_inputs(["photos/b"])) == ["c.JPG", "d/e.webp", "link.png"]
