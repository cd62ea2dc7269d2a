"""What a check works with: the learner's programs, their frames, faults, and a connection."""

import importlib
import os
import random
import re
import time
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from course.errors import CouldNotCheck
from course.grading import tree
from course.grading.client import Client, Message, QueueState
from course.grading.findings import Found, Line
from course.grading.processes import Finished, Process, environment
from course.grading.watchdog import Limits, Watchdog
from course.grading.wire import Who, choose, consumers, globs, name_of

if TYPE_CHECKING:
    from course.tap import Event, Tap
    from course.tap.rules import Rule

T = TypeVar("T")
R = TypeVar("R", bound="Rule")
FILE_BYTES = 10_000_000
QUIET = ("heartbeat",)
UNREACHED = re.compile(r"^pika\.exceptions\.|gaierror|ConnectionRefused")


@dataclass(frozen=True)
class Setting:
    """What one check is given: the broker, a seed, a place, and whom to tell what it does."""

    url: str  # of the throwaway vhost
    provider: str
    version: tuple[int, ...]
    seed: int
    check: str
    token: str
    folder: Path  # a scratch copy of the learner's files; programs run here
    deadline: float  # of the whole check, time.monotonic()
    restart: Callable[[], None]
    note: Callable[[str], None]
    limits: Limits = field(default_factory=Limits)
    assemble: Callable[[Path], None] = lambda _: None  # makes another copy, in a new folder


class Lab:
    """The `lab` fixture. Times are in seconds. See exercises/README.md."""

    def __init__(self, setting: Setting, tap: "Tap") -> None:
        self.seed = setting.seed
        self.random = random.Random(f"{setting.seed}/{setting.check}")  # noqa: S311 - inputs
        self.provider = setting.provider
        self.version = setting.version
        self.tap = tap
        self.processes: list[Process] = []
        self.setting = setting
        self._seen: list[Event] = []
        self._client = Client(setting.url, frozenset({"x-tap-message"}))
        self._watchdog = Watchdog(self._running, setting.folder, setting.limits)

    @property
    def rules(self) -> types.ModuleType:
        """The faults that the tap knows: course.tap.rules."""
        return importlib.import_module("course.tap.rules")

    # -- the learner's programs

    def start(
        self, script: str, *args: object, name: str = "", env: Mapping[str, str] | None = None,
        machine: str = "",
    ) -> Process:  # fmt: skip
        """Start one of the learner's files, connected through the tap under this name.

        As a script "-m" starts the module that is named next. On another `machine` it finds a
        fresh copy of the learner's folder, and nothing that programs have written beside them.
        """
        return self._start(script, args, name, env, None, machine)

    def run(
        self, script: str, *args: object, name: str = "", seconds: float = 15, stdin: str = "",
        env: Mapping[str, str] | None = None, machine: str = "",
    ) -> Finished:  # fmt: skip
        """Start it, wait until it ends, and stop it if it does not (then the code is None)."""
        process = self._start(script, args, name, env, stdin, machine)
        self._poll(lambda: not process.alive, seconds)
        code = process.wait(0)
        if code is None:
            process.end()
        return Finished(code, process.lines, process)

    def connected(self, process: Process, seconds: float = 8) -> None:
        """Wait until its connection is open. Fails the check with what it did instead."""

        def settled() -> bool:
            return bool(self.wire(method="connection.open-ok", process=process)) or (
                not process.alive
            )

        self._poll(settled, seconds)
        process.wait(0)
        if self.wire(method="connection.open-ok", process=process):
            return
        did = f"We started {process.file} and waited for its connection."
        if malformed := self.wire(method="tap.malformed", process=process):
            self.fail("not-amqp", did, f"{malformed[-1].reply_text or 'No AMQP'}.", malformed)
        trace = process.traceback()
        elsewhere = not self.wire(method="tap.connected", process=process)
        if trace is None or not elsewhere or not UNREACHED.search(trace[2]):
            self.crashed(process)
        elif not process.alive:
            line = (trace[0], trace[1]) if trace[0] else None
            self.fail("never-connected", did, f"It looked for a broker elsewhere: {trace[2]}",
                      line=line)  # fmt: skip
        if not process.alive:
            saw = f"It ended with exit code {process.code}, without a connection to the broker."
            self.fail("ended-early", did, saw)
        self.fail("never-connected", did, f"No connection in {seconds:g} seconds.")

    def consuming(
        self, process: Process, queue: str | None = None, seconds: float = 5, at_least: int = 1
    ) -> bool:
        """Wait for its connection, and until the broker has confirmed so many consumers.

        Fails the check if the program ends with a traceback instead.
        """
        self.connected(process)
        self._poll(
            lambda: consumers(self.wire(), process, queue) >= at_least or not process.alive, seconds
        )
        enough = consumers(self.wire(), process, queue) >= at_least
        if not enough:
            self.crashed(process)
        return enough

    def crashed(self, process: Process) -> None:
        """Fail the check if the program has ended with a traceback."""
        if process.alive or process.stopped:
            return
        process.wait(0)
        if (trace := process.traceback()) is None:
            return
        file, line, message = trace
        if process.interrupted and message.startswith("KeyboardInterrupt"):
            return
        self.fail(
            "crashed",
            f"We started {process.file}.",
            f"It ended with a traceback: {message}",
            line=(file, line) if file else None,
        )

    def file(self, name: str) -> str:
        """The text of a file that a program wrote beside itself; "" if there is none."""
        path = (self.setting.folder / name).resolve()
        if not path.is_relative_to(self.setting.folder.resolve()):
            raise ValueError(f"{name} is outside of the learner's folder")
        try:
            with path.open("rb") as file:
                return file.read(FILE_BYTES).decode("utf-8", errors="replace")
        except OSError:
            return ""

    def folder(self, name: str) -> Path:
        """A folder for what programs read and write, beside theirs; made if it is not there."""
        path = self.setting.folder.parent / "folders" / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    # -- the grader's own connection, straight to the broker

    def publish(
        self, body: object, routing_key: str = "", exchange: str = "", **properties: Any
    ) -> bool:
        """Publish with a confirm: bytes, text, or a dict as JSON. Whether a queue took it."""
        self._check()
        where = f"{exchange!r} with {routing_key!r}" if exchange else f"the queue {routing_key!r}"
        self.setting.note(f"publish to {where}")
        return self._client.publish(body, routing_key, exchange, **properties)

    def declare_queue(
        self, name: str = "", *, durable: bool = True, exclusive: bool = False,
        auto_delete: bool = False, **arguments: Any,
    ) -> str:  # fmt: skip
        """Declare a queue, with a name of ours if none is given; return its name."""
        name = name or f"lab-{self.random.getrandbits(40):010x}"
        options = {"durable": durable, "exclusive": exclusive, "auto_delete": auto_delete}
        self._client.declare_queue(name, {**options, "arguments": arguments or None})
        return name

    def declare_exchange(self, name: str, type: str, *, durable: bool = True) -> None:
        self._client.declare_exchange(name, type, {"durable": durable})

    def bind(
        self, queue: str, exchange: str, routing_key: str = "",
        arguments: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self._client.bind(queue, exchange, routing_key, arguments)

    def delete_queue(self, name: str) -> None:
        """Delete a queue with all that is in it; nothing happens if there is none."""
        self._check()
        self.setting.note(f"delete the queue {name!r}")
        self._client.delete_queue(name)

    def get(self, queue: str) -> Message | None:
        """Take the first message of a queue; None if there is none, or no such queue."""
        return self._client.get(queue)

    def drain(self, queue: str) -> list[Message]:
        """Take all messages that are ready in a queue."""
        return list(iter(lambda: self._client.get(queue), None))

    def queue(self, name: str) -> QueueState | None:
        """The queue as the broker counts it; None if there is none of that name."""
        return self._client.queue(name)

    def exchange_exists(self, name: str, type: str | None = None) -> bool:
        """Whether there is such an exchange, of this type."""
        return self._client.exchange(name, type)

    # -- what happened on the wire

    def wire(self, **filters: Any) -> "list[Event]":
        """The frames between the learner's programs and the broker that fit: see wire.choose."""
        return choose(self._events(), **filters)

    def mark(self) -> int:
        """The number of the newest event: `after=` for what follows."""
        return self.tap.last

    def quiet(self, seconds: float = 0.3, limit: float = 5) -> bool:
        """Wait until no frame but heartbeats has passed for so long; whether that came to be."""
        last, since = -1, time.monotonic()

        def still() -> bool:
            nonlocal last, since
            busy = (e.number for e in reversed(self._events()) if e.method not in QUIET)
            newest = next(busy, 0)
            if newest != last:
                last, since = newest, time.monotonic()
            return time.monotonic() - since >= seconds

        return bool(self._poll(still, limit))

    # -- faults

    def cut(self, process: Who) -> int:
        """Cut every connection of the process now; how many there were."""
        self.setting.note(f"cut the connection of {name_of(process)}")
        return sum(self.tap.cut(pattern) for pattern in globs(process))

    def add(self, rule: R) -> R:
        """Let the tap follow a rule of `lab.rules` from now on."""
        self.setting.note(f"fault: {type(rule).__name__.lower()}")
        return self.tap.add(rule)

    def restart_broker(self) -> None:
        """Restart the broker, and return when it accepts connections again."""
        self.setting.note("restart the broker")
        self.setting.restart()
        self._client.connect()

    # -- verdicts

    def eventually(self, check: Callable[[], T], seconds: float = 5) -> T:
        """Call `check` until it is true or the time is over; return what it said last."""
        return self._poll(check, seconds)

    def fail(
        self, finding: str, did: str, saw: str, evidence: "Sequence[Event]" = (),
        line: Line | None = None,
    ) -> NoReturn:  # fmt: skip
        """End the check with this finding."""
        self._check()
        raise Found(finding, did, saw, evidence, line)

    def expect(
        self, condition: object, finding: str, did: str, saw: str,
        evidence: "Sequence[Event]" = (), line: Line | None = None,
    ) -> None:  # fmt: skip
        """End the check with this finding unless the condition is true."""
        if not condition:
            self.fail(finding, did, saw, evidence, line)

    # -- the grader's

    def broker_lives(self) -> bool:
        """Whether the broker has been there all the time, but for the restarts we asked for."""
        return self._client.lives()

    def close(self) -> None:
        """End every program and let go of the broker."""
        self._watchdog.stop()
        for process in self._running():
            tree.kill(process.pid)
        left = tree.end(self.setting.token, [os.getpid()])  # all that we have started is theirs
        for process in self.processes:
            process.wait(1)
        self._client.close()
        if left:
            raise CouldNotCheck(f"{len(left)} processes of your program could not be stopped.")

    def _events(self) -> "list[Event]":
        """All events so far; only the new ones are fetched."""
        seen = self._seen[-1].number if self._seen else 0
        self._seen += self.tap.events(after=seen)
        return self._seen

    def _start(
        self, script: str, args: Sequence[object], name: str, env: Mapping[str, str] | None,
        stdin: str | None, machine: str,
    ) -> Process:  # fmt: skip
        self._check()
        name = self._free_name(name or str(args[1] if script == "-m" else Path(script).stem))
        words = [script, *map(str, args)]
        self.setting.note(f"start {' '.join(words)}" + (f" as {name}" if name != script else ""))
        token = f"{self.setting.token}.{len(self.processes)}."
        process = Process(
            name, words, self._folder(machine),
            environment(token, self.tap.url(name), env), self.setting.note, stdin,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def _folder(self, machine: str) -> Path:
        """Where programs run; another machine's folder is made when it is first used."""
        if not machine:
            return self.setting.folder
        folder = self.setting.folder.parent / f"machine-{machine}" / self.setting.folder.name
        if not folder.exists():
            self.setting.assemble(folder)
        return folder

    def _free_name(self, wanted: str) -> str:
        taken = {process.name for process in self.processes}
        number, name = 2, wanted
        while name in taken:
            number, name = number + 1, f"{wanted}-{number}"
        return name

    def _running(self) -> list[Process]:
        """Also ended programs count: what they have started may go on."""
        return list(self.processes)

    def _poll(self, check: Callable[[], T], seconds: float) -> T:
        deadline = time.monotonic() + seconds
        while True:
            self._check()
            value = check()
            if value or time.monotonic() >= deadline:
                return value
            time.sleep(0.02)

    def _check(self) -> None:
        """What ends any check: a program that took too much, or a check that takes too long."""
        if (excess := self._watchdog.excess) is not None:
            raise Found(excess.finding, f"We started {excess.process.file}.", f"{excess.saw}.")
        if time.monotonic() > self.setting.deadline:
            raise CouldNotCheck("the check took too long. Is this machine busy? Try again.")
