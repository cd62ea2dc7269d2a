"""What the process that runs the checks is told to do."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Job(BaseModel):
    """One run of an exercise's checks."""

    model_config = ConfigDict(extra="forbid")

    unit: Path
    layers: list[Path]  # folders: each laid over those before it
    seed: int
    token: str  # marks the learner's processes
    scratch: Path  # an empty folder, removed by whoever made it
    provider: str
    version: tuple[int, ...]
    can: list[str]  # what we may do to the broker: see models.Need
    seconds: float  # for all checks together
    only: int | None = None  # one task; else all, in order
