"""Every exercise has what the format asks for, and nothing in it leads nowhere."""

import ast
import re
from pathlib import Path

import pytest

from course import catalog
from course.grading.findings import BUILT_IN
from course.grading.lab import Lab
from course.grading.unit import Unit, every
from tests.content import prose

UNITS = [unit for unit in every() if unit.folder.parent.name == "exercises"]
MUTANTS = [(unit, code) for unit in UNITS for code in unit.variants("mutants")]
every_exercise = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
every_mutant = pytest.mark.parametrize(
    ("unit", "code"), MUTANTS, ids=[f"{unit.short}-{code[8:]}" for unit, code in MUTANTS]
)


def given_findings(unit: Unit) -> tuple[set[str], set[str]]:
    """Every text of checks.py, and those given to lab.fail and lab.expect as literals."""
    texts, given = set(), set()
    for node in ast.walk(ast.parse(unit.checks.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            place = {"fail": 0, "expect": 1}.get(node.func.attr)
            values = node.args[place : place + 1] if place is not None else []
            given |= {str(value.value) for value in values if isinstance(value, ast.Constant)}
    return texts, given


@every_exercise
def test_all_parts_are_there(unit: Unit) -> None:
    for name in ("README.md", "checks.py", "exercise.toml", "starter", "solution"):
        assert (unit.folder / name).exists(), f"{unit.name} has no {name}"
    for name in unit.file.files:
        assert (unit.folder / "starter" / name).is_file(), f"the starter lacks {name}"
        assert (unit.folder / "solution" / name).is_file(), f"the solution lacks {name}"
    for path in unit.given():
        assert path.is_file(), f"{path.name} is given, but is not in starter/"
        assert not (unit.folder / "solution" / path.name).exists(), f"{path.name} is in solution/"


@every_exercise
def test_nothing_else_lies_in_its_folders(unit: Unit) -> None:
    known = {*unit.file.files, *unit.file.given}
    folders = ["starter", "solution", *unit.variants("alternatives"), *unit.variants("mutants")]
    for folder in folders:
        names = {path.name for path in (unit.folder / folder).glob("*") if path.is_file()}
        assert names - known <= {"mutant.toml"}, f"{folder}: {names - known}"
        assert names & known, f"{folder} has no file of the exercise"


@every_exercise
def test_it_belongs_to_a_lesson_of_the_course(unit: Unit) -> None:
    assert catalog.load().lesson(unit.file.lesson).id == unit.file.lesson


@every_exercise
def test_there_are_enough_wrong_and_right_ways(unit: Unit) -> None:
    assert len(unit.variants("mutants")) >= 8
    assert len(unit.variants("alternatives")) >= 3


@every_exercise
def test_every_finding_of_the_checks_is_described_and_the_other_way_round(unit: Unit) -> None:
    texts, given = given_findings(unit)
    assert given - BUILT_IN.keys() - unit.file.findings.keys() == set()
    assert unit.file.findings.keys() - texts == set()


@every_exercise
def test_no_finding_is_without_a_mutant(unit: Unit) -> None:
    shown = {unit.mutant(code).finding for code in unit.variants("mutants")}
    assert unit.file.findings.keys() - shown == set()


@every_mutant
def test_a_mutant_names_a_finding_that_there_is(unit: Unit, code: str) -> None:
    assert unit.mutant(code).finding in {**unit.file.findings, **BUILT_IN}


@every_mutant
def test_a_mutant_differs_from_the_solution(unit: Unit, code: str) -> None:
    for path in (unit.folder / code).glob("*.py"):
        right = unit.folder / "solution" / path.name
        assert not right.is_file() or path.read_bytes() != right.read_bytes(), path.name


@every_exercise
def test_every_task_has_its_checks_and_its_heading(unit: Unit) -> None:
    marked = re.findall(r"mark\.task\((\d+)", unit.checks.read_text(encoding="utf-8"))
    assert {int(number) for number in marked} == set(range(1, len(unit.tasks) + 1))
    page = unit.readme.read_text(encoding="utf-8")
    for number, task in enumerate(unit.tasks, start=1):
        assert task.title in page, f"the page does not name task {number}, {task.title!r}"


@every_exercise
def test_the_page_says_how_to_begin(unit: Unit) -> None:
    page = unit.readme.read_text(encoding="utf-8")
    assert re.search(rf"^\*{unit.file.minutes} minutes\b", page, re.MULTILINE)
    for command in ("start", "check", "hint"):
        assert f"./learn {command} {unit.short}" in page
    assert page.startswith("# ")


@every_exercise
def test_its_texts_belittle_nothing(unit: Unit) -> None:
    for path in (unit.folder / "exercise.toml", *unit.folder.rglob("*.py")):
        for number, line in prose(path):
            found = re.search(r"\b(simply|just|easily|obviously|of course)\b", line, re.IGNORECASE)
            assert not found, f"{path.name}:{number}: {found[0]!r}"


@every_exercise
def test_the_starter_gives_nothing_of_the_solution_away(unit: Unit) -> None:
    for path in (unit.folder / "starter").glob("*.py"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            comment = line.partition("#")[2].strip()
            assert not re.search(r"\w\(.*\w=", comment), f"{path.name}:{number}: code in a comment"


@every_exercise
def test_checks_use_what_the_lab_has(unit: Unit) -> None:
    own = {"seed", "random", "provider", "version", "processes"}
    for node in ast.walk(ast.parse(unit.checks.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        if node.value.id == "lab":
            known = hasattr(Lab, node.attr) or node.attr in own
            assert known, f"line {node.lineno}: lab.{node.attr} is not there"
            assert not node.attr.startswith("_"), f"line {node.lineno}: lab.{node.attr}"


def test_the_index_names_every_exercise(repository: Path) -> None:
    index = (repository / "exercises" / "README.md").read_text(encoding="utf-8")
    for unit in UNITS:
        assert f"({unit.name}/README.md)" in index
