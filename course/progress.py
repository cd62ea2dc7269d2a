"""What the learner has done so far, kept in work/progress.json."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from course import store
from course.paths import work


class LessonProgress(BaseModel):
    """When a lesson was first read, and first played to its end."""

    model_config = ConfigDict(extra="forbid")

    read_at: datetime | None = None
    played_at: datetime | None = None

    @property
    def done(self) -> bool:
        return self.played_at is not None


class Progress(BaseModel):
    """The whole file. Raise `schema_version` when its shape changes, and migrate in `load`."""

    model_config = ConfigDict(extra="forbid")

    schema_version: Literal[1] = 1
    welcomed: bool = False
    lessons: dict[str, LessonProgress] = {}

    def lesson(self, lesson_id: str) -> LessonProgress:
        """The entry of a lesson such as "3.1"; an empty one if it was never opened."""
        return self.lessons.get(lesson_id, LessonProgress())

    def mark_read(self, lesson_id: str) -> None:
        entry = self.lessons.setdefault(lesson_id, LessonProgress())
        entry.read_at = entry.read_at or datetime.now(UTC)

    def mark_played(self, lesson_id: str) -> None:
        entry = self.lessons.setdefault(lesson_id, LessonProgress())
        entry.played_at = entry.played_at or datetime.now(UTC)


def load(warn: Callable[[str], None]) -> Progress:
    """Read the file; a damaged one is set aside and `warn` told."""
    return store.load(work() / "progress.json", Progress, warn)


def save(progress: Progress) -> None:
    store.save(work() / "progress.json", progress)
