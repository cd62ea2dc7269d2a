"""What is special about a project: a reference program beside it, to be read and checked."""

from course.brokers import Broker
from course.console import Output
from course.errors import CouldNotCheck, WrongUse
from course.grading.places import typed
from course.grading.unit import REFERENCE, Unit

SMALL = "alternatives/small"


def check_milestone(unit: Unit, number: int | None) -> None:
    """WrongUse if the unit has no such milestone; None stands for all."""
    if number is None:
        return
    if not unit.is_project:
        raise WrongUse("--milestone is for a project; an exercise's tasks are checked in order.")
    if not 1 <= number <= len(unit.tasks):
        raise WrongUse(f"{unit.short} has milestones 1 to {len(unit.tasks)}, not {number}.")


def check_broker(unit: Unit, broker: Broker, code: str) -> None:
    """CouldNotCheck if the reference program cannot run on this broker."""
    product = broker.capabilities.product
    if code == REFERENCE and product != "RabbitMQ":
        raise CouldNotCheck(
            f"the reference program keeps its log in streams, and {product} has none. "
            "Use RabbitMQ: --broker docker or native"
        )


def solution(output: Output, unit: Unit) -> None:
    """Say where right programs are: a project has no one solution to compare with."""
    output.out.print(f"The whole program:  {typed(unit.folder / (unit.file.package or ''))}")
    output.out.print(f"A small one:        {typed(unit.folder / SMALL)}")
    output.out.print(f"Check it as yours:  ./learn check {unit.short} --code {SMALL}")
