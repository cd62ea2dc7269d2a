"""Where things are: the repository, and the learner's own files under work/."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COURSE_FILE = ROOT / "course.toml"
COMPOSE_FILE = ROOT / "docker-compose.yml"


def work() -> Path:
    """The folder for everything that is the learner's: LEARN_WORK if set, else work/."""
    return Path(os.environ.get("LEARN_WORK") or ROOT / "work")
