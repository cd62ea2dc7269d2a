"""A module's quiz file, validated. Its JSON Schema is published as quizzes/module.schema.json."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from course.quiz.parts import (
    Item,
    LessonId,
    Option,
    PatternTask,
    QueuesTask,
    Script,
    Slug,
    Strict,
    Text,
    WrongNumber,
    WrongQueues,
    WrongText,
    check_options,
    distinct,
    known_queues,
    no_repeats,
)
from course.quiz.steps import Step, mistake
from course.quiz.words import fold


class Objective(Strict):
    """Something that a lesson promises to teach."""

    id: Slug
    lesson: LessonId
    text: Text


class _Question(Strict):
    id: Slug
    lesson: LessonId
    objective: Slug
    difficulty: int = Field(ge=1, le=3)
    prompt: Text = Field(description="Markdown")
    code: str | None = Field(None, description="Shown below the prompt; not run")
    hints: list[Text] = Field(default=[])
    explanation: Text
    source: Text = Field(description="A page with #heading in the repository, or its https URL")


class Single(_Question):
    """One of several options is right."""

    type: Literal["single"]
    options: list[Option] = Field(min_length=2)

    @model_validator(mode="after")
    def _one_is_right(self) -> "Single":
        check_options(self.options)
        return self


class Multiple(_Question):
    """Any number of the options is right; right ticks count up, wrong ones down."""

    type: Literal["multiple"]
    options: list[Option] = Field(min_length=3)

    @model_validator(mode="after")
    def _some_are_right(self) -> "Multiple":
        distinct(self.options)
        right = sum(option.correct for option in self.options)
        if not 0 < right < len(self.options):
            raise ValueError("needs at least one option that is correct and one that is not")
        return self


class Order(_Question):
    """Put the items, which the file gives in the right order, in order."""

    type: Literal["order"]
    items: list[Item] = Field(min_length=3)

    @model_validator(mode="after")
    def _differ(self) -> "Order":
        no_repeats("item", [item.text for item in self.items])
        return self


class Number(_Question):
    """A number, right within the tolerance."""

    type: Literal["number"]
    answer: float
    tolerance: float = Field(0, ge=0)
    unit: str = ""
    wrong: list[WrongNumber] = Field(default=[])

    @model_validator(mode="after")
    def _wrong_is_wrong(self) -> "Number":
        no_repeats("wrong answer", [str(wrong.value) for wrong in self.wrong])
        return self


class FreeText(_Question):
    """A word or a few; case and spaces do not matter."""

    type: Literal["text"]
    accept: list[Text] = Field(min_length=1)
    wrong: list[WrongText] = Field(default=[])

    @model_validator(mode="after")
    def _wrong_is_wrong(self) -> "FreeText":
        no_repeats("answer", [*self.accept, *(wrong.value for wrong in self.wrong)])
        return self


class Route(_Question):
    """Bindings: judged by building them on a broker and publishing."""

    type: Literal["route"]
    route: PatternTask | QueuesTask = Field(discriminator="task")
    wrong: list[WrongText | WrongQueues] = Field(default=[])

    @model_validator(mode="after")
    def _wrong_fits_the_task(self) -> "Route":
        for wrong in self.wrong:
            if isinstance(wrong, WrongQueues) != isinstance(self.route, QueuesTask):
                raise ValueError("a wrong value is text for a pattern, a list for queues")
            if isinstance(wrong, WrongQueues) and isinstance(self.route, QueuesTask):
                known_queues(wrong.value, self.route.queues)
        return self


class Predict(_Question):
    """The last line of a script, answered first, then run."""

    type: Literal["predict"]
    predict: Script
    options: list[Option] = Field(default=[])
    wrong: list[WrongText] = Field(default=[])

    @model_validator(mode="after")
    def _has_one_key(self) -> "Predict":
        no_repeats("answer", [self.predict.answer, *(wrong.value for wrong in self.wrong)])
        if self.options:
            if self.wrong:
                raise ValueError("give either options or wrong, not both")
            check_options(self.options)
            if not any(
                o.correct and fold(o.text) == fold(self.predict.answer) for o in self.options
            ):
                raise ValueError("the correct option must be the answer of predict")
        return self


class State(_Question):
    """How many messages a queue has in a state, after steps that a broker takes."""

    type: Literal["state"]
    steps: list[Step] = Field(min_length=2)
    ask: Literal["ready", "unacked", "redelivered"]
    queue: Text
    answer: int = Field(ge=0)
    wrong: list[WrongNumber] = Field(default=[])

    @model_validator(mode="after")
    def _steps_make_sense(self) -> "State":
        if problem := mistake(self.steps, self.queue):
            raise ValueError(problem)
        no_repeats("wrong answer", [str(wrong.value) for wrong in self.wrong])
        return self


Question = Annotated[
    Single | Multiple | Order | Number | FreeText | Route | Predict | State,
    Field(discriminator="type"),
]
EXECUTED = (Route, Predict, State)


class QuizFile(Strict):
    """The whole of quizzes/module_N.toml."""

    schema_version: Literal[1]
    module: int = Field(ge=1)
    title: Text
    pass_percent: int = Field(80, ge=1, le=100)
    sitting: int = Field(15, ge=1, description="How many questions are asked at a time")
    objectives: list[Objective] = Field(min_length=1)
    questions: list[Question] = Field(min_length=1)
