"""The parts that questions are made of, validated."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from course.quiz.words import fold

Text = Annotated[str, Field(min_length=1)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
LessonId = Annotated[str, Field(pattern=r"^\d+\.\d+$", description='Such as "3.1"')]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Option(Strict):
    """One of the given answers, and why it is right or wrong."""

    text: Text
    correct: bool = False
    why: Text


class Item(Strict):
    """One of the things to put in order, and why it stands there."""

    text: Text
    why: Text


class WrongText(Strict):
    """An answer that people give, and why it is wrong."""

    value: Text
    why: Text


class WrongNumber(Strict):
    """A number that people give, and why it is wrong."""

    value: float
    why: Text


class WrongQueues(Strict):
    """A set of queues that people tick, and why it is wrong."""

    value: list[str]
    why: Text


class Probe(Strict):
    """A message's routing key, and whether the queue should get it."""

    key: str
    wanted: bool


class Binding(Strict):
    """A queue bound with a key."""

    queue: Annotated[str, Field(pattern=r"^[\w.-]{1,60}$")]
    key: str


class PatternTask(Strict):
    """The learner types bindings for one queue that take what is wanted and leave the rest."""

    task: Literal["pattern"]
    exchange_type: Literal["direct", "topic"]
    probes: list[Probe] = Field(min_length=2)
    answers: list[Text] = Field(min_length=1, description="Patterns, with spaces between them")
    at_most: int = Field(1, ge=1, description="How many bindings the learner may use")

    @model_validator(mode="after")
    def _has_both_kinds(self) -> "PatternTask":
        if {probe.wanted for probe in self.probes} != {True, False}:
            raise ValueError("needs a probe that is wanted and one that is not")
        no_repeats("probe", [probe.key for probe in self.probes])
        return self


class QueuesTask(Strict):
    """The learner says which of the bound queues get one message."""

    task: Literal["queues"]
    exchange_type: Literal["direct", "topic", "fanout"]
    bindings: list[Binding] = Field(min_length=2)
    key: str = Field(description="The routing key of the message")
    answer: list[str] = Field(description="The queues that get it")

    @property
    def queues(self) -> list[str]:
        """The queues' names, each once, in the order of the file."""
        return list(dict.fromkeys(binding.queue for binding in self.bindings))

    @model_validator(mode="after")
    def _names_its_queues(self) -> "QueuesTask":
        known_queues(self.answer, self.queues)
        return self


class Script(Strict):
    """A script that is run after the learner has answered; its last line is the answer."""

    code: Text = Field(description="Uses pika, and connects to the URL in RABBITMQ_URL")
    answer: Text = Field(description="The last line that it prints")


def check_options(options: Sequence[Option]) -> None:
    """Exactly one option is correct, and no two are alike."""
    distinct(options)
    right = sum(option.correct for option in options)
    if right != 1 or len(options) < 2:
        raise ValueError(f"needs exactly one correct option among several, and has {right}")


def distinct(options: Sequence[Option]) -> None:
    """No two options are alike, and each has a why of its own."""
    no_repeats("option", [option.text for option in options])
    no_repeats("why", [option.why for option in options])


def no_repeats(kind: str, texts: Sequence[str]) -> None:
    """Raise ValueError at a text that is there twice."""
    seen: set[str] = set()
    for text in texts:
        folded = text if kind == "probe" else fold(text)  # case matters to routing keys
        if folded in seen:
            raise ValueError(f"the {kind} {text!r} is there twice")
        seen.add(folded)


def known_queues(named: Sequence[str], known: Sequence[str]) -> None:
    """Raise ValueError at a queue that has no binding."""
    for queue in named:
        if queue not in known:
            raise ValueError(f"no binding names the queue {queue!r}")
