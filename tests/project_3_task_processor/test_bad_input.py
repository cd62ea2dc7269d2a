"""The page about bad input says what the program does."""

import re
from pathlib import Path

import pytest
from task_processor.errors import REASONS, Permanent, TaskError, Transient
from task_processor.images.limits import Limits

from tests.project_3_task_processor import poisons

PAGE = Path(__file__).parents[2] / "project_3_task_processor" / "BAD_INPUT.md"


def rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]


def test_the_page_has_every_reason_with_its_meaning_and_remedy() -> None:
    written = {row[0].strip("`"): row[1:] for row in rows() if row[0].startswith("`")}
    expected = {
        slug: [reason.meaning, "yes" if reason.transient else "no", reason.remedy]
        for slug, reason in REASONS.items()
    }
    assert written == expected
    assert list(written) == list(expected), "in the same order"


def test_the_page_has_the_default_limits() -> None:
    numbers = re.findall(r"\| ([0-9,]{4,}) \|", PAGE.read_text(encoding="utf-8"))
    limits = Limits()
    assert [int(number.replace(",", "")) for number in numbers] == [
        limits.input_bytes,
        limits.pixels,
        limits.frames,
        limits.metadata_bytes,
        limits.output_bytes,
    ]


def test_every_reason_about_a_file_has_a_poison() -> None:
    lines = PAGE.read_text(encoding="utf-8")
    section = lines.split("## Refused: the file")[1].split("## Refused: where")[0]
    about_files = set(re.findall(r"^\| `([a-z-]+)`", section, re.MULTILINE))
    made_elsewhere = {"too-many-bytes", "output-too-large", "changed"}  # in test_process.py
    assert {reason for reason, _, _ in poisons.KINDS.values()} == about_files - made_elsewhere


@pytest.mark.parametrize("kind", [Permanent, Transient])
def test_a_reason_that_is_not_on_the_list_cannot_be_raised(kind: type[TaskError]) -> None:
    with pytest.raises(ValueError, match="is not one of the reasons"):
        kind("bad-luck", "what a pity")


def test_a_reason_is_always_raised_as_the_list_says() -> None:
    folder = PAGE.parent / "task_processor"
    for path in folder.rglob("*.py"):
        for kind, slug in re.findall(
            r'(Permanent|Transient)\(\s*"([a-z-]+)"', path.read_text(encoding="utf-8")
        ):
            assert REASONS[slug].transient == (kind == "Transient"), f"{path.name}: {slug}"
