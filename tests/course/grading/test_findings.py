"""A finding knows its texts and its place in the learner's file."""

from pathlib import Path

import pytest

from course.errors import CouldNotCheck
from course.grading.findings import BUILT_IN, describe, hunt, unreadable
from course.grading.unit import Unit
from tests.course.grading.support import SAMPLE


def test_the_place_is_the_first_line_that_fits_and_no_comment(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n# auto_ack=True would lose it\ny = 2\n")
    (tmp_path / "b.py").write_text("import pika\nconsume(auto_ack = True)\n")
    files = ["a.py", "b.py", "missing.py"]
    assert hunt([r"auto_ack\s*=\s*True"], tmp_path, files) == ("b.py", 2)
    assert hunt(["nowhere", "y"], tmp_path, files) == ("a.py", 3)
    assert hunt(["nowhere"], tmp_path, files) is None
    (tmp_path / "c.py").write_text('KEY = "logs.#"\n')
    assert hunt([r"\.#\""], tmp_path, ["c.py"]) == ("c.py", 1)


@pytest.mark.parametrize(
    ("text", "line"), [("def main(:\n", 1), ("x = 1\nif x\n", 2), ("x = '''\n\n", 1), ("\0", 1)]
)
def test_a_file_that_python_cannot_read_is_named_with_its_line(
    tmp_path: Path, text: str, line: int
) -> None:
    (tmp_path / "worker.py").write_text(text)
    found = unreadable(tmp_path, ["worker.py"])
    assert found is not None
    assert found.name == "syntax-error"
    assert found.line == ("worker.py", line)
    assert "\n" not in found.saw


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    found = unreadable(tmp_path, ["worker.py"])
    assert found is not None
    assert (found.name, found.saw) == ("missing-file", "No worker.py.")


def test_files_that_can_be_read_are_nothing_to_find(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text("print('hello')\n")
    assert unreadable(tmp_path, ["worker.py"]) is None


def test_an_exercises_own_texts_come_before_the_built_in_ones() -> None:
    file = Unit(SAMPLE).file
    assert describe(file, "lost").task == 2
    assert describe(file, "crashed") is BUILT_IN["crashed"]
    with pytest.raises(CouldNotCheck, match="'nothing'"):
        describe(file, "nothing")


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_texts_are_sentences(name: str) -> None:
    entry = BUILT_IN[name]
    for text in (entry.expected, entry.why, entry.next):
        assert text[0].isupper() or text[0] == "`"
        assert text.endswith(".")
