"""The work that exercise 1 gives: its orders do what the README says."""

import importlib.util
import json
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import REPOSITORY

JOBS = REPOSITORY / "exercises/ex_01_work_queues/starter/jobs.py"


def load(path: Path) -> Callable[[str], int]:
    spec = importlib.util.spec_from_file_location("jobs_under_test", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    do: Callable[[str], int] = module.do
    return do


def many(path: Path, name: str) -> None:
    do = load(path)
    for number in range(50):
        do(f"{name}{number}:{number + 1}")


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    return Path(shutil.copy(JOBS, tmp_path))


def journal(jobs: Path) -> list[tuple[str, str]]:
    lines = jobs.with_name("journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [(entry["order"], entry["event"]) for entry in map(json.loads, lines)]


@pytest.mark.parametrize(
    ("order", "total"), [("A17:1250+320", 1570), ("A18:900/3", 300), ("A1:5+600/2", 305)]
)
def test_an_order_makes_an_invoice_of_its_total(jobs: Path, order: str, total: int) -> None:
    assert load(jobs)(order) == total
    assert journal(jobs) == [(order, "begun"), (order, "done")]


def test_each_tilde_makes_it_fail_once(jobs: Path) -> None:
    do = load(jobs)
    for _ in range(2):  # and again when it is submitted a second time
        for _ in range(2):
            with pytest.raises(ConnectionError):
                do("A18:250~~")
        assert do("A18:250~~") == 250


@pytest.mark.parametrize(
    ("order", "error"), [("A19:12o0", ValueError), ("A20:900/0", ZeroDivisionError)]
)
def test_some_can_never_be_done(jobs: Path, order: str, error: type[Exception]) -> None:
    for _ in range(3):
        with pytest.raises(error):
            load(jobs)(order)
    assert journal(jobs).count((order, "failed")) == 3


def test_a_dot_takes_a_second(jobs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    assert load(jobs)("A1:100...") == 100
    assert slept == [3]


def test_several_processes_may_write_the_journal_at_once(jobs: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=many, args=(jobs, name)) for name in "AB"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert len(journal(jobs)) == 200
