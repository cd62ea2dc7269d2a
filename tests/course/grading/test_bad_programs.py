"""Whatever a learner's program does to the machine, the check ends and nothing goes on."""

import sys
import time
from pathlib import Path

import pytest

from course.brokers import Broker
from tests.course.grading.support import check, found, note, nothing_left, sample

posix = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")

HEAD = "import os, signal, sys, time\n"
# Consumes as the solution does, so that the check goes on while the bad things happen.
GOOD = (
    (Path(__file__).parent / "sample/ex_99_sample/solution/worker.py")
    .read_text(encoding="utf-8")
    .replace("import os\n", "")
)


def program(file: Path, bad: str, then: str = GOOD) -> str:
    return f"{HEAD}{note(file)}\n{bad}\n{then}"


@posix
def test_a_child_that_left_the_session_is_ended(tmp_path: Path, embedded: Broker) -> None:
    pids = tmp_path / "pids"
    twice = f"""
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        {note(pids)}
        time.sleep(600)
    os._exit(0)
"""
    unit = sample(tmp_path, daemon=program(pids, twice))
    assert check(unit, embedded, "mutants/daemon").verdict == "passed"
    assert len(pids.read_text().split()) >= 2
    assert nothing_left(pids)


@posix
@pytest.mark.slow
def test_a_child_without_the_token_is_ended(tmp_path: Path, embedded: Broker) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux lets us adopt orphans")
    pids = tmp_path / "pids"
    code = f"import os, time; {note(pids)}; time.sleep(600)"
    clean = f"""
if os.fork() == 0:
    os.setsid()
    os.execve(sys.executable, [sys.executable, "-c", {code!r}], {{}})
"""
    unit = sample(tmp_path, clean=program(pids, clean))
    assert check(unit, embedded, "mutants/clean").verdict == "passed"
    assert nothing_left(pids)


@pytest.mark.slow
@posix
def test_a_program_that_ignores_every_signal_is_ended(tmp_path: Path, embedded: Broker) -> None:
    pids = tmp_path / "pids"
    deaf = """
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
"""
    unit = sample(tmp_path, deaf=program(pids, deaf, "while True: time.sleep(1)"))
    assert found(check(unit, embedded, "mutants/deaf")) == "never-connected"
    assert nothing_left(pids)


def test_a_program_that_floods_its_output_is_stopped(tmp_path: Path, embedded: Broker) -> None:
    pids = tmp_path / "pids"
    flood = "while True: sys.stdout.write('x' * 10_000 + '\\n' * 10)"
    unit = sample(tmp_path, flood=program(pids, flood))
    report = check(unit, embedded, "mutants/flood")
    assert found(report) == "too-much-output"
    assert report.seconds < 60
    assert nothing_left(pids)


def test_a_program_that_hoards_memory_is_stopped(tmp_path: Path, embedded: Broker) -> None:
    pids = tmp_path / "pids"
    hoard = "hoard = []\nwhile True: hoard.append(b'x' * 20_000_000); time.sleep(0.02)"
    unit = sample(tmp_path, hoard=program(pids, hoard))
    report = check(unit, embedded, "mutants/hoard")
    assert found(report) == "too-much-memory"
    assert report.finding is not None
    assert "MB of memory" in report.finding.saw
    assert nothing_left(pids)


@pytest.mark.slow
@posix
def test_a_program_that_forks_without_end_is_stopped(tmp_path: Path, embedded: Broker) -> None:
    pids = tmp_path / "pids"
    bomb = f"""
until = time.time() + 60  # should we fail, the machine recovers
for _ in range(300):
    if time.time() < until and os.fork() == 0:
        {note(pids)}
        time.sleep(60)
        os._exit(0)
    time.sleep(0.02)
"""
    unit = sample(tmp_path, bomb=program(pids, bomb, "time.sleep(60)"))
    assert found(check(unit, embedded, "mutants/bomb")) == "too-many-processes"
    assert nothing_left(pids)


@pytest.mark.slow
def test_a_program_that_fills_the_disk_is_stopped(tmp_path: Path, embedded: Broker) -> None:
    pids = tmp_path / "pids"
    fill = """
with open("big", "wb") as file:
    while True:
        file.write(bytes(2_000_000)); time.sleep(0.01)
"""
    unit = sample(tmp_path, fill=program(pids, fill))
    assert found(check(unit, embedded, "mutants/fill")) == "too-many-files"
    assert nothing_left(pids)


@pytest.mark.slow
def test_a_program_that_never_ends_costs_no_more_than_the_check_waits(
    tmp_path: Path, embedded: Broker
) -> None:
    pids = tmp_path / "pids"
    unit = sample(tmp_path, endless=program(pids, "while True: pass"))
    began = time.monotonic()
    assert found(check(unit, embedded, "mutants/endless")) == "never-connected"
    assert time.monotonic() - began < 40
    assert nothing_left(pids)


@pytest.mark.slow
def test_a_program_that_speaks_http_is_told_so(tmp_path: Path, embedded: Broker) -> None:
    http = """
import os, time, urllib.parse, socket
port = urllib.parse.urlsplit(os.environ["RABBITMQ_URL"]).port
with socket.create_connection(("127.0.0.1", port)) as s:
    s.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
    time.sleep(30)
"""
    unit = sample(tmp_path, http=http)
    assert found(check(unit, embedded, "mutants/http")) == "not-amqp"


def test_the_learners_folder_is_not_touched(tmp_path: Path, embedded: Broker) -> None:
    vandal = "import os, pathlib\nfor p in pathlib.Path('.').glob('*'): p.unlink()\n"
    unit = sample(tmp_path, vandal=vandal)
    before = sorted(path.name for path in (unit.folder / "mutants/vandal").iterdir())
    assert found(check(unit, embedded, "mutants/vandal")) == "ended-early"
    assert sorted(path.name for path in (unit.folder / "mutants/vandal").iterdir()) == before
