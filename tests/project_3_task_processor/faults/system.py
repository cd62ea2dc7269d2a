"""A whole system for one test: a vhost, worker programs, and the ledger that nothing escapes."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image
from task_processor.amqp import streams
from task_processor.amqp.connect import session
from task_processor.dead import letters
from task_processor.images.limits import Limits
from task_processor.images.operations import parse
from task_processor.images.process import process
from task_processor.jobs import read
from task_processor.jobs.state import JobState
from task_processor.settings import Broker, BrokerError
from task_processor.storage.local import is_part
from task_processor.submit import main as submitting
from task_processor.submit.manifest import Manifest

from course.brokers import Broker as CourseBroker
from tests.support import REPOSITORY, eventually

OPERATIONS = "thumbnail:24,grayscale,convert:png"
HANDLERS = "tests.project_3_task_processor.faults.handlers"


@dataclass
class Program:
    """A `task-processor worker` of its own."""

    process: subprocess.Popen[str]
    log: Path

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, text: str, seconds: float = 60) -> None:
        eventually(lambda: text in self.said(), f"a worker says {text!r}: {self.said()}", seconds)

    def kill(self, name: str = "SIGKILL") -> None:
        self.process.send_signal(getattr(signal, name))

    def end(self, name: str = "SIGTERM", seconds: float = 30) -> int:
        """Its exit code."""
        if self.process.poll() is None:
            self.kill(name)
        return self.process.wait(seconds)


@dataclass
class Outcome:
    """What the ledger found, for the test to count with."""

    state: JobState
    results: list[dict[str, object]]
    dead_messages: int
    repeated: int  # results that were reported more than once


@dataclass
class System:
    """Images, a broker's vhost, and workers; everything is gone at the end of the test."""

    broker: Broker
    folder: Path
    programs: list[Program] = field(default_factory=list)

    @property
    def inputs(self) -> Path:
        return self.folder / "in"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def make_images(self, count: int, poison: int = 0) -> None:
        """Different small images, and files that are none."""
        self.inputs.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            colour = (number % 256, number // 256, 90)
            image = Image.new("RGB", (48, 32), colour)
            image.paste((255, 255, 255), (number % 40, number % 24, 48, 32))
            image.save(self.inputs / f"image-{number:04}.png")
        for number in range(poison):
            (self.inputs / f"poison-{number:04}.png").write_bytes(b"no image %d" % number)

    def listed(self) -> Manifest:
        request = submitting.request_of(OPERATIONS, str(self.out))
        return submitting.plan([str(self.inputs)], request, Limits(), progress=False)

    def submit(self) -> str:
        """The job's id."""
        return submitting.submit(self.broker, self.listed(), 4).job

    def worker(self, *options: str, **settings: str) -> Program:
        """Start a worker with two processes; its settings are those of `program`."""
        words = ["--processes", "2", "--root", str(self.folder)]
        words += ["--name", f"worker-{len(self.programs) + 1}", *options]
        return self.program("worker", *words, **settings)

    def program(
        self,
        *command: str,
        handler: str = "",
        url: str = "",
        before_path: str = "",
        **environment: str,
    ) -> Program:
        """Start `task-processor COMMAND`, which ends with the test at the latest."""
        log = self.folder / f"{command[0]}-{len(self.programs) + 1}.log"
        folders = [before_path, str(REPOSITORY / "project_3_task_processor"), str(REPOSITORY)]
        path = os.pathsep.join(filter(None, folders))
        words = [sys.executable, "-P", "-m", "task_processor", "--url", url or self.broker.url]
        words += ["--retry-delays", ",".join(map(str, self.broker.delays)), *command]
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=self.folder,
                env={
                    **os.environ,
                    "PYTHONPATH": path,
                    "PYTHONUTF8": "1",
                    **({"TASK_PROCESSOR_HANDLER": f"{HANDLERS}:{handler}"} if handler else {}),
                    **environment,
                },
            )
        self.programs.append(Program(process, log))
        return self.programs[-1]

    def state(self, job: str) -> JobState:
        with session(self.broker, "test") as on:
            found = read.known(on, job)
        assert found is not None
        return found

    def wait(self, job: str, seconds: float = 120) -> None:
        """Until nothing of the job moves any more."""
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(BrokerError):
                state = self.state(job)
                if state.finished:
                    return
            logs = "\n".join(program.said()[-2000:] for program in self.programs[-3:])
            assert time.monotonic() < deadline, f"{state.counts()} after {seconds} s\n{logs}"
            time.sleep(0.2)

    def begun(self) -> None:
        """Until some tasks are done, and not all."""
        eventually(lambda: len(self.outputs()) > 20, "work has begun", 60)

    def outputs(self) -> list[Path]:
        return [path for path in self.out.rglob("*") if path.is_file() and not is_part(path.name)]

    def reports(self, job: str) -> int:
        """How often workers reported a result, also of a task that had one."""
        with session(self.broker, "test") as on:
            return sum(
                len(content.get("done", ())) + len(content.get("failed", ()))
                for _, content in streams.read(on, on.names.results, "first", job)
            )

    def check(self, job: str) -> Outcome:
        """The ledger: every input has its output, or its dead letter, and its events; once."""
        listed = self.listed()
        assert listed.job == job
        good: dict[str, str] = {}
        bad: set[int] = set()
        for task in listed.tasks(range(1, listed.total + 1)):
            source = Path(task.source)
            if source.name.startswith("image"):
                good[task.target] = _expected(source)
            else:
                bad.add(task.number)
        found = {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in self.outputs()
        }
        assert found == good, "the outputs are those of a single process, and no others"
        with session(self.broker, "test") as on:
            state = read.known(on, job)
            assert state is not None
            results = list(read.results(on, state))
            dead = list(letters.letters(on, letters.matching("", "", "")))
            eventually(lambda: _idle(on), "no task waits", 10)
            raw = on.count(on.names.dead)[0]
        assert {letter.number for letter in dead} == bad, "the dead letters are the bad inputs"
        counts = state.counts()
        assert (counts["done"], counts["dead"]) == (len(good), len(bad)), counts
        by_target = {str(row["target"]): row["sha256"] for row in results if row["state"] == "done"}
        assert by_target == good, "the results name each output with its hash"
        assert len(results) == len(good) + len(bad)
        return Outcome(state, results, raw, self.reports(job) - len(results))


def _idle(on) -> bool:
    names = on.names
    queues = [names.tasks, names.crashed, *(names.retry(delay) for delay in (1, 2))]
    return not any(on.count(queue)[0] for queue in queues)


def _expected(source: Path) -> str:
    """The hash of what a single process makes of it."""
    output, _ = process(source.read_bytes(), parse(OPERATIONS), _png(), Limits())
    return hashlib.sha256(output).hexdigest()


def _png():
    from task_processor.images.formats import BY_SUFFIX

    return BY_SUFFIX[".png"]


@contextlib.contextmanager
def system(course: CourseBroker, folder: Path) -> Iterator[System]:
    """A system of its own on a broker; whatever happens, its workers end."""
    with pytest.MonkeyPatch.context() as patch, course.new_vhost() as url:
        patch.setenv("TASK_PROCESSOR_STATE", str(folder / "state"))
        made = System(Broker(url, delays=(1, 2)), folder)
        try:
            yield made
        finally:
            for program in made.programs:
                if program.process.poll() is None:
                    program.process.kill()
                    program.process.wait(10)
