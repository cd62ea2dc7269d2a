"""Which broker the learner wants, and which one the course has started: work/broker.json."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from course import store
from course.paths import work

if TYPE_CHECKING:
    from filelock import BaseFileLock

Preference = Literal["auto", "url", "docker", "native", "embedded"]


class Running(BaseModel):
    """A broker that the course started and that goes on between commands."""

    model_config = ConfigDict(extra="forbid")

    provider: Literal["docker", "native", "embedded"]
    amqp_port: int
    management_port: int | None = None  # burrow has none
    details: dict[str, str] = {}


class BrokerState(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    schema_version: Literal[1] = 1
    use: Preference = "auto"
    url: str | None = None
    running: dict[str, Running] = {}  # by provider


def load(warn: Callable[[str], None]) -> BrokerState:
    return store.load(work() / "broker.json", BrokerState, warn)


def save(state: BrokerState) -> None:
    store.save(work() / "broker.json", state)


def lock() -> "BaseFileLock":
    """Held while a broker is started or stopped, so that two terminals do not start two."""
    from filelock import FileLock  # slow to import, and most commands start nothing

    work().mkdir(parents=True, exist_ok=True)
    return FileLock(work() / "broker.lock")
