"""Play a page: start its commands in their terminals and wait for the lines it promises."""

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TextIO

from course.brokers import Broker
from course.errors import NotYet
from course.player.actions import (
    Command,
    Interrupt,
    Kill,
    Output,
    Placed,
    RestartBroker,
    RunScript,
    RunTap,
    of_fence,
)
from course.player.page import Page, Scene
from course.player.terminal import Terminal

LINE_SECONDS = 30.0  # how long a promised line may take; lessons work in single seconds
END_SECONDS = 10.0  # how long a script may take to end after Ctrl-C
REST_SECONDS = 0.5  # for the rest of a traceback to reach the log
CLEAN_EXITS = (0, 130)
RESTARTING = "Restarting the broker: every connection is closed."
RESTARTED = "The broker is back."


class Mismatch(NotYet):
    """A lesson did not go as its page says: where, what was expected, and what came."""


class View(Protocol):
    """Who watches. A line is shown when the page comes to it, so that both read alike."""

    def scene(self, scene: Scene) -> None: ...
    def skipped(self, scene: Scene, why: str) -> None: ...
    def narration(self, text: str) -> None: ...
    def before(self, terminal: str, action: Command | Interrupt) -> None: ...
    def line(self, terminal: str, text: str) -> None: ...
    def notice(self, text: str) -> None: ...


@dataclass
class Result:
    """How a page went: how many scenes and lines, what was left out, and how long it took (s)."""

    scenes: int = 0
    lines: int = 0
    skipped: list[str] = field(default_factory=list)
    seconds: float = 0.0


def play(
    page: Page,
    scenes: tuple[Scene, ...],
    broker: Broker,
    url: str | Callable[[str], str],
    view: View,
    log: Path,
    line_seconds: float = LINE_SECONDS,
) -> Result:
    """Play scenes of the page in the vhost of `url`, which may depend on the script's name.

    Raises Mismatch at the first line that is not as the page says, after all scripts are ended. All
    that the terminals showed is in the file `log`, in the order in which it came.
    """
    result, started = Result(), time.monotonic()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        for scene in scenes:
            actions = [placed for fence in scene.fences for placed in of_fence(page, fence)]
            if why := _unplayable(scene, actions, broker):
                result.skipped.append(scene.title)
                view.skipped(scene, why)
                continue
            result.lines += _Stage(page, broker, url, view, file, line_seconds).play(scene)
            result.scenes += 1
    result.seconds = time.monotonic() - started
    return result


def _unplayable(scene: Scene, actions: list[Placed], broker: Broker) -> str:
    """Why this broker cannot show the scene; "" if it can."""
    can = broker.capabilities
    if can.version < scene.since:
        return f"{can.product} {'.'.join(map(str, can.version))} does not do this yet"
    if not can.restart and any(isinstance(placed.action, RestartBroker) for placed in actions):
        return "the course may not restart this broker"
    return ""


class _Stage:
    """The terminals of one scene."""

    def __init__(
        self, page: Page, broker: Broker, url: str | Callable[[str], str], view: View, log: TextIO,
        line_seconds: float,
    ) -> None:  # fmt: skip
        self.page = page
        self.broker = broker
        self.url = url
        self.view = view
        self.log = log
        self.line_seconds = line_seconds
        self.terminals: dict[str, Terminal] = {}
        self.scripts: dict[str, RunScript | RunTap] = {}  # each terminal's latest in the foreground
        self.skip: set[str] = set()  # terminals where a lone `...` allows any lines now
        self.lock = threading.Lock()
        self.matched = 0

    def play(self, scene: Scene) -> int:
        """Play the scene and end everything in it; return how many lines were matched."""
        self.view.scene(scene)
        with self._ending_everything():
            rest = [placed for fence in scene.fences for placed in of_fence(self.page, fence)]
            for fence in scene.fences:
                self.view.narration(fence.narration)
                here, rest = rest[: len(fence.lines)], rest[len(fence.lines) :]
                for placed in here:
                    self._do(placed)
                if self._should_end(rest, fence.label):
                    self._wait_for_end(here[-1])
            self._curtain(fence.line + len(fence.lines) - 1)
        self.view.notice(scene.notice)
        return self.matched

    def _do(self, placed: Placed) -> None:
        terminal = self._terminal(placed.terminal)
        action = placed.action
        if isinstance(action, Output):
            self._expect(terminal, action, placed.line)
            return
        if not isinstance(action, Interrupt):
            self._wait_for_end(placed)
        self.view.before(terminal.name, action)
        self._note(terminal.name, f"{'' if isinstance(action, Interrupt) else '$ '}{action.text}")
        match action:
            case RunScript() | RunTap():
                url = self.url(action.name) if callable(self.url) else self.url
                terminal.run(action.command, url, background=action.background)
                if not action.background:
                    self.scripts[terminal.name] = action
            case Kill():
                if not terminal.kill_job(action.job, action.signal):
                    raise self._mismatch(placed.line, f"there is no job %{action.job} to kill")
            case RestartBroker():
                terminal.print(RESTARTING)
                self.broker.restart()
                terminal.print(RESTARTED)
            case Interrupt():
                self._interrupt(terminal, placed.line)

    def _expect(self, terminal: Terminal, action: Output, line: int) -> None:
        if action.text.strip() == "...":
            self.skip.add(terminal.name)
            return
        pattern = _pattern(action.text)
        deadline = time.monotonic() + self.line_seconds
        while True:
            came = terminal.next_line(deadline - time.monotonic())
            if came is not None:
                self.view.line(terminal.name, came)
            fits = came is not None and pattern.fullmatch(came)
            if fits or came is None or terminal.name not in self.skip:
                break
        self.skip.discard(terminal.name)
        if not fits:
            terminal.wait(REST_SECONDS)
            raise self._mismatch(line, f"{terminal.name} should show {action.text!r}", came)
        self.matched += 1

    def _wait_for_end(self, placed: Placed) -> None:
        """The script in the foreground must be done before the terminal takes a command."""
        terminal = self._terminal(placed.terminal)
        if not terminal.wait(self.line_seconds):
            raise self._mismatch(placed.line, f"the script in {terminal.name} should have ended")
        self._nothing_left(terminal, placed.line)

    def _should_end(self, rest: list[Placed], name: str) -> bool:
        """Whether the script in this terminal is to be done before the next block.

        It is if a command is typed there next, or if no more is to come from a script that ends.
        """
        following = next((placed.action for placed in rest if placed.terminal == name), None)
        script = self.scripts.get(name)
        ending = following is None and script is not None and script.ends_by_itself
        return ending or isinstance(following, Command)

    def _interrupt(self, terminal: Terminal, line: int) -> None:
        code = terminal.interrupt(END_SECONDS)
        if code is None:
            raise self._mismatch(line, f"the script in {terminal.name} did not end on Ctrl-C")
        if code not in CLEAN_EXITS:
            came = "\n".join(terminal.untaken())
            raise self._mismatch(
                line, f"the script in {terminal.name} should end cleanly on Ctrl-C", came
            )

    def _curtain(self, line: int) -> None:
        """End of the scene: Ctrl-C everywhere, and nothing may have been shown beyond the page."""
        for terminal in self.terminals.values():
            self._interrupt(terminal, line)
        for terminal in self.terminals.values():
            self._nothing_left(terminal, line)

    def _nothing_left(self, terminal: Terminal, line: int) -> None:
        if terminal.name in self.skip or terminal.foreground:
            return
        if left := terminal.untaken():
            self.view.line(terminal.name, left[0])
            raise self._mismatch(line, f"{terminal.name} should show no more lines here", left[0])

    def _terminal(self, name: str) -> Terminal:
        if name not in self.terminals:
            environment = {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
            self.terminals[name] = Terminal(name, self.page.root, environment, self._note)
        return self.terminals[name]

    def _note(self, terminal: str, text: str) -> None:
        with self.lock:
            self.log.write(f"{terminal} | {text}\n")
            self.log.flush()

    @contextlib.contextmanager
    def _ending_everything(self) -> Iterator[None]:
        try:
            yield
        finally:
            for terminal in self.terminals.values():
                terminal.kill_all()

    def _mismatch(self, line: int, expected: str, came: str | None = None) -> Mismatch:
        got = f"{came!r} came" if came else f"nothing came (waiting up to {self.line_seconds:g} s)"
        return Mismatch(
            f"{self.page.path}:{line}: {expected}; {got}. Everything shown: {self.log.name}"
        )


def _pattern(text: str) -> "re.Pattern[str]":
    """The line with `...` for any text; spaces at its end do not count."""
    return re.compile(".*".join(map(re.escape, text.split("..."))) + r"\s*")
