"""What is special about a project: a reference program beside it, to be run, read and checked."""

import os
import subprocess
import sys

from course.brokers import Broker
from course.console import Output
from course.errors import CouldNotCheck
from course.grading.places import typed
from course.grading.unit import REFERENCE, Unit, every

SMALL = "alternatives/small"


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


def run_reference(url: str | None, arguments: list[str]) -> int:
    """Run the reference program as a child process; its exit code. Ctrl-C is for the program.

    Without a URL the program finds its broker itself.
    """
    unit = next((unit for unit in every() if unit.is_project), None)
    if unit is None or unit.file.package is None:
        raise CouldNotCheck("there is no project in this repository.")
    search = os.pathsep.join(filter(None, [str(unit.folder), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": search, **({"RABBITMQ_URL": url} if url else {})}
    sys.stdout.flush()
    command = [sys.executable, "-P", "-m", unit.file.package, *arguments]
    process = subprocess.Popen(command, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the terminal has sent it to the program, too
            continue
