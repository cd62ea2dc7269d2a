"""The part of the lab that starts a learner's programs, and waits for what they do."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from course.grading.bench import Bench
from course.grading.processes import Finished, Process, environment
from course.grading.wire import consumers

FILE_BYTES = 10_000_000
UNREACHED = re.compile(r"^pika\.exceptions\.|gaierror|ConnectionRefused")


class Programs(Bench):
    """Times are in seconds."""

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
            self.setting.patience,
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
