"""What answers an executed question: a broker, or a local model of one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from course.quiz.parts import Script
from course.quiz.steps import Step


class Refused(Exception):
    """The broker does not accept a binding; the message is what it says."""


@dataclass(frozen=True)
class Topology:
    """One exchange, and (queue, binding key) for each of its bindings."""

    exchange_type: str
    bindings: tuple[tuple[str, str], ...]

    @property
    def queues(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(queue for queue, _ in self.bindings))


@dataclass(frozen=True)
class Counts:
    """A queue's messages: ready ones, delivered ones not yet acknowledged, and how many of the
    ready ones carry the redelivered flag."""

    ready: int
    unacked: int
    redelivered: int


class Lab(ABC):
    """Three things that one can ask a broker. Each starts from nothing and leaves nothing.

    All raise CouldNotCheck if there is no answer to be had.
    """

    simulated: bool = False

    @abstractmethod
    def describe(self) -> str:
        """For example "RabbitMQ 4.3.6 (docker)"."""

    @abstractmethod
    def route(self, topology: Topology, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The queues that get a message, for each routing key. Raises Refused."""

    @abstractmethod
    def count(self, steps: Sequence[Step], queue: str) -> Counts:
        """What is in the queue after the steps."""

    @abstractmethod
    def last_line(self, script: Script) -> str:
        """The last line that the script prints."""


class Remembering(Lab):
    """Asks another lab once for each thing; for judging many answers to one question."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.simulated = lab.simulated
        self._counts: dict[str, Counts] = {}
        self._lines: dict[str, str] = {}

    def describe(self) -> str:
        return self.lab.describe()

    def route(self, topology: Topology, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        return self.lab.route(topology, keys)

    def count(self, steps: Sequence[Step], queue: str) -> Counts:
        name = queue + "".join(step.model_dump_json() for step in steps)
        if name not in self._counts:
            self._counts[name] = self.lab.count(steps, queue)
        return self._counts[name]

    def last_line(self, script: Script) -> str:
        if script.code not in self._lines:
            self._lines[script.code] = self.lab.last_line(script)
        return self._lines[script.code]
