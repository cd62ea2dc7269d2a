"""What the grader's tests share: a small exercise, and programs for it that behave badly."""

import shutil
import sys
import time
from pathlib import Path

import psutil

from course.brokers import Broker
from course.grading import run
from course.grading.report import Report
from course.grading.show import Silent
from course.grading.unit import Unit

SAMPLE = Path(__file__).parent / "sample" / "ex_99_sample"
# The command line in a repository whose only exercise is the sample's copy in argv[1].
DRIVER = """
import sys
from pathlib import Path
from course.grading import unit
unit.ROOT = Path(sys.argv.pop(1))
from course.__main__ import main
main()
"""


def sample(root: Path, **mutants: str) -> Unit:
    """A copy of the sample in a repository of its own, with programs added as mutants."""
    folder = root / "exercises" / SAMPLE.name
    shutil.copytree(SAMPLE, folder)
    for name, text in mutants.items():
        (folder / "mutants" / name).mkdir()
        (folder / "mutants" / name / "worker.py").write_text(text, encoding="utf-8")
        about = f'finding = "lost"\nstory = "{name}"\n'
        (folder / "mutants" / name / "mutant.toml").write_text(about, encoding="utf-8")
    return Unit(folder)


def check(unit: Unit, broker: Broker, code: str, **options: object) -> Report:
    return run.check(unit, broker, Silent(), code=code, seed=1, **options)  # type: ignore[arg-type]


def found(report: Report) -> str:
    """The finding's id; fails with what went wrong if there is none."""
    assert report.finding is not None, (report.verdict, report.problem, report.steps)
    return report.finding.id


def noted(file: Path) -> list[psutil.Process]:
    """The processes that wrote their number into the file, as far as they still run."""
    living = []
    for line in file.read_text().split():
        try:
            process = psutil.Process(int(line))
            if process.status() != psutil.STATUS_ZOMBIE:
                living.append(process)
        except psutil.NoSuchProcess:
            continue
    return living


def nothing_left(file: Path, seconds: float = 5) -> bool:
    """Whether all of `noted` end in time; it wants at least one to have been noted."""
    assert file.read_text().split(), "the program did not come to note its number"
    deadline = time.monotonic() + seconds
    while noted(file) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not noted(file)


def note(file: Path) -> str:
    """Python code that notes the number of the process that runs it."""
    return f"open({str(file)!r}, 'a').write(f'{{os.getpid()}}\\n')"


PYTHON = sys.executable
