"""The outcome of one check, as `./learn check --json` prints it."""

import importlib.metadata
import platform
import tomllib
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from course.paths import ROOT

TaskVerdict = Literal["passed", "not-yet", "locked", "could-not-check"]
Verdict = Literal["passed", "not-yet", "could-not-check"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TaskReport(_Part):
    """One task. `reason` says why it is locked or could not be checked."""

    number: int
    title: str
    verdict: TaskVerdict = "locked"
    reason: str | None = None
    seconds: float = 0.0


class FindingReport(_Part):
    """The one thing to do next. `evidence` holds the tap's events, `file` is as one types it."""

    id: str
    task: int
    did: str
    saw: str
    expected: str
    why: str
    next: str
    file: str | None = None
    line: int | None = None
    evidence: list[dict[str, Any]] = []


class BrokerReport(_Part):
    provider: str
    product: str
    version: str


class Step(_Part):
    """What the grader did, `at` so many seconds after the check had begun."""

    at: float
    text: str


class Report(_Part):
    """The whole. `code` is learner, solution, starter, alternatives/NAME or mutants/NAME."""

    schema_name: Literal["learn-check"] = Field("learn-check", alias="schema")
    version: Literal[1] = 1
    exercise: str
    title: str
    code: str
    verdict: Verdict = "could-not-check"
    seed: int
    seconds: float = 0.0
    tasks: list[TaskReport]
    finding: FindingReport | None = None
    problem: str | None = Field(default=None, description="Why it could not be checked")
    broker: BrokerReport
    versions: dict[str, str]
    steps: list[Step] = []
    log: str | None = None

    @property
    def passed(self) -> int:
        """How many tasks are passed."""
        return sum(task.verdict == "passed" for task in self.tasks)

    def close(self) -> None:
        """Give the verdict: what is wrong counts first, then what could not be told."""
        if self.finding is not None:
            self.verdict = "not-yet"
        elif self.problem is None and all(task.verdict == "passed" for task in self.tasks):
            self.verdict = "passed"
        else:
            self.verdict = "could-not-check"

    def to_json(self) -> str:
        return self.model_dump_json(indent=2, by_alias=True)


def versions() -> dict[str, str]:
    """What a report must name for its figures to be compared."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "course": str(project["version"]),
        "python": platform.python_version(),
        "pika": importlib.metadata.version("pika"),
    }
