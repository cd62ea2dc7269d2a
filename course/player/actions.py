"""What the lines of a console block ask for: a command, Ctrl-C, or a line of output."""

import shlex
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from course.player.page import Fence, Page, PageError


@dataclass(frozen=True)
class Output:
    """A line that must come next. `...` stands for any text, alone on its line for any lines."""

    text: str


@dataclass(frozen=True)
class Interrupt:
    """Ctrl-C in the terminal."""

    text: str = "^C"


@dataclass(frozen=True)
class RunScript:
    """`./learn script PATH ARGS`, in the background if the line ends with `&`."""

    text: str
    script: Path
    arguments: tuple[str, ...]
    background: bool

    @property
    def name(self) -> str:
        """Under which a tap knows it."""
        return self.script.stem

    @property
    def command(self) -> tuple[str, ...]:
        """What Python is to run."""
        return ("-m", "course.host", str(self.script), *self.arguments)

    @property
    def ends_by_itself(self) -> bool:
        """Whether the script comes to an end; a consumer goes on until Ctrl-C."""
        return "start_consuming" not in self.script.read_text(encoding="utf-8")


@dataclass(frozen=True)
class RunTap:
    """`./learn tap run ...`, in the background if the line ends with `&`. Ends on Ctrl-C."""

    text: str
    arguments: tuple[str, ...]
    background: bool
    name: ClassVar[str] = ""  # it has a tap of its own
    ends_by_itself: ClassVar[bool] = False

    @property
    def command(self) -> tuple[str, ...]:
        """What Python is to run."""
        return ("-m", "course", "tap", "run", *self.arguments)


@dataclass(frozen=True)
class Kill:
    """`kill [-SIGNAL] %JOB`: a signal to a background job of the same terminal."""

    text: str
    signal: int
    job: int


@dataclass(frozen=True)
class RestartBroker:
    """`./learn broker restart`"""

    text: str


Command = RunScript | RunTap | Kill | RestartBroker
Action = Command | Interrupt | Output


@dataclass(frozen=True)
class Placed:
    """An action, the terminal that it happens in, and its line in the README."""

    action: Action
    terminal: str
    line: int


def of_fence(page: Page, fence: Fence) -> list[Placed]:
    """The actions of a console block. Raises PageError at a command that the player lacks."""
    placed = []
    for number, text in enumerate(fence.lines, start=fence.line):
        action: Action
        if text.startswith("$ "):
            action = _command(text[2:], page.root, f"{page.path}:{number}")
        elif text.strip() == "^C":
            action = Interrupt()
        else:
            action = Output(text.rstrip())
        placed.append(Placed(action, fence.label, number))
    return placed


def _command(text: str, root: Path, place: str) -> Command:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise PageError(f"{place}: {error}: {text}") from None
    match words:
        case ["./learn", "script", script, *arguments]:
            background = arguments[-1:] == ["&"]
            path = root / script
            if not path.is_file():
                raise PageError(f"{place}: there is no script {script}.")
            return RunScript(text, path, tuple(arguments[: -1 if background else None]), background)
        case ["./learn", "tap", "run", *arguments]:
            background = arguments[-1:] == ["&"]
            return RunTap(text, tuple(arguments[: -1 if background else None]), background)
        case ["./learn", "broker", "restart"]:
            return RestartBroker(text)
        case ["kill", *option, job] if job[:1] == "%" and job[1:].isdigit() and len(option) < 2:
            return Kill(text, _signal(option[0] if option else "-TERM", place), int(job[1:]))
    raise PageError(f"{place}: the player cannot run: {text}")


def _signal(option: str, place: str) -> int:
    name = option.removeprefix("-").removeprefix("SIG").upper()
    if name.isdigit():
        return int(name)
    if name in ("TERM", "INT", "KILL"):
        # Windows has no SIGKILL; there, ending a process is always that.
        return getattr(signal, f"SIG{name}", signal.SIGTERM)
    raise PageError(f"{place}: the player knows no signal {option}")
