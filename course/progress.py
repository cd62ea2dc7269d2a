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


class ExerciseProgress(BaseModel):
    """What has been done of one exercise. `hints` counts those that were given, by task."""

    model_config = ConfigDict(extra="forbid")

    started_at: datetime | None = None
    tasks_passed: int = Field(default=0, description="In the latest check")
    passed_at: datetime | None = None
    hints: dict[str, int] = {}

    def begin(self) -> None:
        self.started_at = self.started_at or datetime.now(UTC)

    def judge(self, tasks: int, *, passed: bool) -> None:
        """Keep the outcome of a check."""
        self.tasks_passed = tasks
        if passed:
            self.passed_at = self.passed_at or datetime.now(UTC)


class Progress(BaseModel):
    """The whole file. Raise `schema_version` when its shape changes, and migrate it."""

    model_config = ConfigDict(extra="forbid")

    schema_version: Literal[3] = 3
    welcomed: bool = False
    lessons: dict[str, LessonProgress] = {}
    quizzes: dict[str, QuizProgress] = Field(default={}, description="By the module's number")
    exercises: dict[str, ExerciseProgress] = Field(default={}, description="By folder")
    interview: dict[str, int] = Field(default={}, description="The most points, by question")

    def lesson(self, lesson_id: str) -> LessonProgress:
        """The entry of a lesson such as "3.1"; an empty one if it was never opened."""
        return self.lessons.get(lesson_id, LessonProgress())

    def quiz(self, module: int) -> QuizProgress:
        """The entry of a module's quiz, made if there is none."""
        return self.quizzes.setdefault(str(module), QuizProgress())

    def exercise(self, name: str) -> ExerciseProgress:
        """The entry of an exercise such as "ex_01_work_queues", made if there is none."""
        return self.exercises.setdefault(name, ExerciseProgress())

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
    if content.get("schema_version", 1) in (1, 2):  # before there were quizzes, or exercises
        return {**content, "schema_version": 3}
    return content


def save(progress: Progress) -> None:
    store.save(work() / "progress.json", progress)
