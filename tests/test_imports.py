"""What may import what. The reasons are in CONTRIBUTING.md."""

import ast
import sys
from pathlib import Path

import pytest

from tests.content import name_of, tracked
from tests.support import REPOSITORY

ENGINE = {
    *("filelock", "fsrs", "markdown_it", "pamqp", "pika", "psutil", "pydantic", "pytest"),
    *("questionary", "rich", "typer"),
}
ALLOWED = {
    "module_*/*.py": {"pika"},
    "burrow/*.py": {"burrow", "pamqp"},
    "course/*.py": {"burrow", "course"} | ENGINE,
    "project_3_task_processor/task_processor/*.py": {
        *("PIL", "fsspec", "pika", "prometheus_client", "rich", "task_processor", "typer"),
    },
}


def imported(path: Path) -> set[str]:
    """The top-level names of all that the file imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: a relative import"
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(
    ("path", "allowed"),
    [(path, allowed) for pattern, allowed in ALLOWED.items() for path in tracked(pattern)],
    ids=lambda value: name_of(value) if isinstance(value, Path) else "",
)
def test_a_file_imports_only_what_its_place_allows(path: Path, allowed: set[str]) -> None:
    extra = imported(path) - allowed - set(sys.stdlib_module_names)
    assert not extra, f"{name_of(path)} may not import {', '.join(sorted(extra))}"


@pytest.mark.parametrize("path", tracked("exercises/*.py"), ids=name_of)
def test_an_exercise_imports_only_what_its_place_allows(path: Path) -> None:
    """Programs know pika and the files beside them; checks never see the learner's module."""
    unit = path.relative_to(REPOSITORY).parts[1]
    beside = {file.stem for file in tracked(f"exercises/{unit}/*.py")} - {"checks"}
    allowed = {"pytest"} if path.name == "checks.py" else {"pika"} | beside
    extra = imported(path) - allowed - set(sys.stdlib_module_names)
    assert not extra, f"{name_of(path)} may not import {', '.join(sorted(extra))}"


@pytest.mark.parametrize(
    "path",
    [
        path
        for folder in ("starter", "alternatives", "mutants", "checks")
        for path in tracked(f"project_3_task_processor/{folder}/*.py")
    ],
    ids=name_of,
)
def test_a_projects_programs_and_checks_import_only_what_their_place_allows(path: Path) -> None:
    """A learner's program knows pika and its own package; checks know pytest and each other."""
    if "checks" in path.relative_to(REPOSITORY).parts:
        allowed = {"pytest", *(file.stem for file in path.parent.glob("*.py"))}
    else:
        allowed = {"pika", "task_processor"}
    extra = imported(path) - allowed - set(sys.stdlib_module_names)
    assert not extra, f"{name_of(path)} may not import {', '.join(sorted(extra))}"


def test_the_launcher_needs_the_standard_library_only(repository: Path) -> None:
    assert imported(repository / "learn") <= set(sys.stdlib_module_names)


def test_the_rules_see_every_lesson_and_module() -> None:
    assert len(tracked("module_*/*.py")) >= 15
    assert len(tracked("course/*.py")) >= 25
