"""What exercise.toml, published as exercises/exercise.schema.json, and mutant.toml hold."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Text = Annotated[str, Field(min_length=3, pattern=r"\S")]
FileName = Annotated[str, Field(pattern=r"^([\w-]+/)*[\w-]+(\.[\w-]+)+$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Need = Literal["restart"]

HINTS = ("nudge", "concept", "nearly the code")


class TaskEntry(BaseModel):
    """One [[tasks]] table. Tasks are numbered from 1 in the order of the file."""

    model_config = ConfigDict(extra="forbid")

    title: Text
    hints: list[Text] = Field(
        min_length=3, max_length=3, description="A nudge, the concept, nearly the code"
    )


class FindingEntry(BaseModel):
    """One [findings.some-name] table: a misconception, and what the learner is told about it."""

    model_config = ConfigDict(extra="forbid")

    task: int = Field(ge=1, description="The number of the task whose check finds it")
    expected: Text = Field(description="What should have happened, in one or two sentences")
    why: Text = Field(description="Why it matters")
    next: Text = Field(description="The next step")
    hunt: str | list[str] = Field(
        default=[],
        description="Regular expressions; the first line of the learner's files that fits the "
        "first of them is named as the place",
    )

    @field_validator("hunt")
    @classmethod
    def _compiles(cls, value: str | list[str]) -> list[str]:
        patterns = [value] if isinstance(value, str) else value
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"hunt {pattern!r} is no regular expression: {error}") from None
        return patterns


class ExerciseFile(BaseModel):
    """The whole of an exercise.toml."""

    model_config = ConfigDict(extra="forbid")

    schema_version: Literal[1]
    title: Text
    lesson: str = Field(pattern=r"^\d+\.\d+$", description="The lesson to be read before")
    minutes: int = Field(ge=1, le=600)
    files: list[FileName] = Field(min_length=1, description="What the learner edits")
    given: list[FileName] = Field(
        default=[], description="Laid from starter/ over the learner's copy on each check"
    )
    package: Annotated[str, Field(pattern=r"^[a-z_]+$")] | None = Field(
        default=None,
        description="Of a project: the folder that is the program, run with python -m, with all "
        "that is below it",
    )
    lent: list[Annotated[str, Field(pattern=r"^\w[\w./]*$")]] = Field(
        default=[],
        description="Files and folders of the reference program's package, laid over the "
        "learner's copy on each check",
    )
    needs: list[Need] = Field(
        default=[], description="What some check must be able to do to the broker"
    )
    tasks: list[TaskEntry] = Field(min_length=1)
    findings: dict[Slug, FindingEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _tasks_exist(self) -> "ExerciseFile":
        for name, finding in self.findings.items():
            if finding.task > len(self.tasks):
                raise ValueError(f"finding {name!r} is of task {finding.task}, which is not there")
        both = set(self.files) & set(self.given)
        if both:
            raise ValueError(f"{', '.join(sorted(both))} cannot be both edited and given")
        return self


class MutantFile(BaseModel):
    """A mutant.toml: a wrong solution that a learner might write, and what it must be told."""

    model_config = ConfigDict(extra="forbid")

    finding: Slug = Field(description="The finding it must get, of the exercise or built in")
    story: Text = Field(description="What this learner thought")
    since: str | None = Field(
        default=None, pattern=r"^\d+\.\d+$", description="On older brokers it is not wrong"
    )
    luck: bool = Field(default=False, description="Whether it works sometimes")
