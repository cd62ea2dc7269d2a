"""What the learner has done so far, kept in work/progress.json."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

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


class Sitting(BaseModel):
    """A quiz that has been begun: its questions in order, and the score of each answered one."""

    model_config = ConfigDict(extra="forbid")

    seed: int
    questions: list[str]
    scores: dict[str, float] = Field(default={}, description="0 to 1, by the question's id")
    whole: bool = Field(True, description="Whether it asks about the whole module")


class QuizProgress(BaseModel):
    """What has been done of one module's quiz. `cards` are fsrs's, of questions once missed."""

    model_config = ConfigDict(extra="forbid")

    sitting: Sitting | None = None
    best_percent: int | None = None
    passed_at: datetime | None = None
    cards: dict[str, dict[str, Any]] = {}


class Progress(BaseModel):
    """The whole file. Raise `schema_version` when its shape changes, and migrate it."""

    model_config = ConfigDict(extra="forbid")

    schema_version: Literal[2] = 2
    welcomed: bool = False
    lessons: dict[str, LessonProgress] = {}
    quizzes: dict[str, QuizProgress] = Field(default={}, description="By the module's number")
    interview: dict[str, int] = Field(default={}, description="The most points, by question")

    def lesson(self, lesson_id: str) -> LessonProgress:
        """The entry of a lesson such as "3.1"; an empty one if it was never opened."""
        return self.lessons.get(lesson_id, LessonProgress())

    def quiz(self, module: int) -> QuizProgress:
        """The entry of a module's quiz, made if there is none."""
        return self.quizzes.setdefault(str(module), QuizProgress())

    def mark_read(self, lesson_id: str) -> None:
        entry = self.lessons.setdefault(lesson_id, LessonProgress())
        entry.read_at = entry.read_at or datetime.now(UTC)

    def mark_played(self, lesson_id: str) -> None:
        entry = self.lessons.setdefault(lesson_id, LessonProgress())
        entry.played_at = entry.played_at or datetime.now(UTC)


def load(warn: Callable[[str], None]) -> Progress:
    """Read the file; an older one is migrated, a damaged one set aside and `warn` told."""
    return store.load(work() / "progress.json", Progress, warn, migrate)


def migrate(content: dict[str, Any]) -> dict[str, Any]:
    """The content of an older file in today's shape; anything else as it is."""
    if content.get("schema_version", 1) == 1:  # before there were quizzes
        return {**content, "schema_version": 2}
    return content


def save(progress: Progress) -> None:
    store.save(work() / "progress.json", progress)
