"""The capstone's milestones: page, findings, starter, small program and mutants fit together."""

import difflib
import re
from pathlib import Path

import pytest

from course.grading.findings import BUILT_IN
from course.grading.unit import Unit, find
from tests.content import prose

PROJECT = find("project_3")
MUTANTS = PROJECT.variants("mutants")
SMALL = PROJECT.folder / "alternatives" / "small"
STARTER = PROJECT.folder / "starter"
every_mutant = pytest.mark.parametrize("code", MUTANTS, ids=lambda code: code[8:])


@pytest.fixture
def unit() -> Unit:
    return Unit(PROJECT.folder)


def checks(unit: Unit) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(unit.checks.glob("*.py")))


def changed_lines(code: str) -> int:
    """How many lines of the small program a mutant changes."""
    count = 0
    for path in (PROJECT.folder / code).rglob("*.py"):
        relative = path.relative_to(PROJECT.folder / code)
        right = SMALL / relative if (SMALL / relative).is_file() else STARTER / relative
        before, after = (file.read_text(encoding="utf-8").splitlines() for file in (right, path))
        diff = list(difflib.unified_diff(before, after, n=0))[2:]
        assert diff, f"{code}: {relative} is as in the right program"
        count += sum(line[0] in "+-" for line in diff)
    return count


def test_every_finding_of_the_checks_is_described_and_the_other_way_round(unit: Unit) -> None:
    text = checks(unit)
    named = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', text))
    assert [name for name in unit.file.findings if name not in named] == []
    given = set(re.findall(r'(?:fail|expect)\([^"]*?"([a-z]+(?:-[a-z]+)+)"', text))
    assert given - unit.file.findings.keys() - BUILT_IN.keys() == set()


def test_every_finding_has_a_mutant_that_must_get_it(unit: Unit) -> None:
    shown = {unit.mutant(code).finding for code in MUTANTS}
    assert unit.file.findings.keys() - shown == {"nothing-submitted"}, "that one is the starter's"
    assert len(MUTANTS) >= 10


def test_every_milestone_has_mutants_and_hints(unit: Unit) -> None:
    milestones = {unit.file.findings[unit.mutant(code).finding].task for code in MUTANTS}
    assert milestones == {1, 2, 3, 4, 5}
    assert len(unit.tasks) == 5


@every_mutant
def test_a_mutant_is_the_small_program_with_a_small_change(code: str) -> None:
    assert 1 <= changed_lines(code) <= 40


def test_the_page_names_every_milestone_and_how_to_begin(unit: Unit) -> None:
    page = unit.readme.read_text(encoding="utf-8")
    assert unit.readme.name == "MILESTONES.md"
    for number, task in enumerate(unit.tasks, start=1):
        assert f"## Milestone {number}: {task.title}\n" in page
    assert f"*{unit.file.minutes} minutes" in page
    for command in ("start", "check", "hint", "reset"):
        assert f"./learn {command} {unit.short}" in page
    for code in re.findall(r"--code (mutants/\w+)", page):
        assert code in MUTANTS


def test_the_page_and_the_checks_tell_the_same_limit(unit: Unit) -> None:
    limit = re.search(r"^MOST_HELD = (\d+)", checks(unit), re.MULTILINE)
    assert limit is not None
    assert f"holds at most {limit[1]} tasks" in unit.readme.read_text(encoding="utf-8")


def test_the_starter_gives_nothing_of_the_solution_away() -> None:
    for path in STARTER.rglob("*.py"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            comment = line.partition("#")[2].strip()
            assert not re.search(r"\w\(.*\w=", comment), f"{path.name}:{number}: code in a comment"
    written = "".join(path.read_text(encoding="utf-8") for path in STARTER.rglob("*.py"))
    for word in (
        "basic_publish",
        "basic_consume",
        "basic_ack",
        "queue_declare",
        "confirm_delivery",
    ):
        assert word not in written


def test_the_small_program_is_small() -> None:
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in SMALL.rglob("*.py"))
    assert 200 <= lines <= 400


def test_the_checks_import_nothing_of_any_program(unit: Unit) -> None:
    imported = set(re.findall(r"^(?:from|import) (\w+)", checks(unit), re.MULTILINE))
    assert not imported & {"task_processor", "course", "burrow", "pika", "PIL"}


def test_its_texts_belittle_nothing(unit: Unit) -> None:
    paths = [unit.folder / "exercise.toml"]
    for folder in ("starter", "alternatives", "mutants", "checks"):
        paths += sorted((unit.folder / folder).rglob("*.py"))
        paths += sorted((unit.folder / folder).rglob("*.toml"))
    for path in paths:
        for number, line in prose(path):
            found = re.search(r"\b(simply|just|easily|obviously|of course)\b", line, re.IGNORECASE)
            assert not found, f"{path.name}:{number}: {found[0]!r}"


def test_what_is_lent_is_there(unit: Unit) -> None:
    assert unit.file.package == "task_processor"
    for name in unit.file.lent:
        assert (unit.folder / unit.file.package / name).exists()
        assert not Path(STARTER / unit.file.package / name).exists()
