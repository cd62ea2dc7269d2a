"""Every test of the player must leave no process behind."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.course.player.lessons import Lesson


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    return Lesson(tmp_path / "a repository")


@pytest.fixture(autouse=True)
def no_process_stays() -> Iterator[None]:
    before = set(psutil.Process().children(recursive=True))
    yield
    left = set(psutil.Process().children(recursive=True)) - before
    for process in left:
        process.kill()
    assert not left, f"left running: {left}"
