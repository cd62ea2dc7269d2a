"""One task from end to end: the same work gives the same bytes, once, and never half of them."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from task_processor.errors import Permanent, Transient
from task_processor.images import process as process_module
from task_processor.images.limits import Limits
from task_processor.images.process import Work, run
from task_processor.storage import Roots, fingerprint, target_for

from tests.project_3_task_processor import gallery

OPERATIONS = "thumbnail:64,watermark:(c) Ada,convert:webp"


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    return Roots((f"{tmp_path}/in",), (f"{tmp_path}/out",))


def work_on(path: Path, roots: Roots, operations: str = OPERATIONS) -> Work:
    """As `submit` makes it."""
    found = fingerprint(str(path), roots, Limits())
    target = target_for(
        str(path), path.name, roots.write[0], operations, found.sha256, found.format
    )
    return Work(str(path), target, operations, found.sha256)


@pytest.fixture
def work(tmp_path: Path, roots: Roots) -> Work:
    [path] = gallery.write(gallery.good(1, seed=5), tmp_path / "in")
    return work_on(path, roots)


def test_the_output_is_what_done_says(work: Work, roots: Roots) -> None:
    done = run(work, roots, Limits())
    output = Path(done.target).read_bytes()
    assert (hashlib.sha256(output).hexdigest(), len(output)) == (done.sha256, done.bytes)
    assert not done.skipped
    assert max(done.width, done.height) == 64


def test_the_same_work_again_is_skipped_even_without_its_input(work: Work, roots: Roots) -> None:
    first = run(work, roots, Limits())
    written = Path(work.target).stat()
    Path(work.source).unlink()
    assert run(work, roots, Limits()) == dataclasses.replace(first, skipped=True)
    assert Path(work.target).stat().st_mtime_ns == written.st_mtime_ns


def test_an_output_that_was_damaged_is_made_again(work: Work, roots: Roots) -> None:
    first = run(work, roots, Limits())
    Path(work.target).write_bytes(Path(work.target).read_bytes()[:50])
    assert run(work, roots, Limits()) == first


def test_an_input_that_changed_is_refused(work: Work, roots: Roots) -> None:
    Path(work.source).write_bytes(b"other")
    with pytest.raises(Permanent) as caught:
        run(work, roots, Limits())
    assert caught.value.reason == "changed"


def test_another_file_is_never_overwritten(work: Work, roots: Roots, tmp_path: Path) -> None:
    taken = tmp_path / "out" / "mine.webp"
    taken.write_bytes(b"mine")
    with pytest.raises(Permanent) as caught:
        run(dataclasses.replace(work, target=str(taken)), roots, Limits())
    assert caught.value.reason == "target-taken"
    assert taken.read_bytes() == b"mine"


def test_a_name_of_ones_own_is_idempotent_as_well(work: Work, roots: Roots, tmp_path: Path) -> None:
    own = dataclasses.replace(work, target=f"{tmp_path}/out/own.webp", content_hash=None)
    assert not run(own, roots, Limits()).skipped
    assert run(own, roots, Limits()).skipped


@pytest.mark.parametrize("suffix", [".png", ".exe", "", "."])
def test_a_target_of_another_format_is_refused(work: Work, roots: Roots, suffix: str) -> None:
    other = dataclasses.replace(work, target=work.target.removesuffix(".webp") + suffix)
    with pytest.raises(Permanent) as caught:
        run(other, roots, Limits())
    assert caught.value.reason == "unknown-operation"


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"input_bytes": 100}, "too-many-bytes"),
        ({"pixels": 100}, "too-many-pixels"),
        ({"output_bytes": 100}, "output-too-large"),
    ],
)
def test_every_limit_is_held(work: Work, roots: Roots, limit: dict[str, int], reason: str) -> None:
    with pytest.raises(Permanent) as caught:
        run(work, roots, Limits(**limit))
    assert caught.value.reason == reason
    assert not Path(work.target).exists()


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [(MemoryError(), Transient, "out-of-memory"), (KeyError("x"), Permanent, "internal-error")],
)
def test_nothing_but_a_task_error_leaves_run(
    work: Work, roots: Roots, monkeypatch: pytest.MonkeyPatch, error, kind, reason
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(process_module, "apply", fail)
    with pytest.raises(kind) as caught:
        run(work, roots, Limits())
    assert caught.value.reason == reason


ELSEWHERE = """
import dataclasses, json, sys, time
from task_processor.images.limits import Limits
from task_processor.images.process import Work, run
from task_processor.storage import Roots
time.time = lambda: 1.0
for line in sys.stdin:
    print(run(Work(**json.loads(line)), Roots(("/",), ("/",)), Limits()).sha256)
"""


def test_another_process_at_another_time_gives_the_same_bytes(tmp_path: Path, roots: Roots) -> None:
    paths = gallery.write(gallery.good(len(gallery.GOOD), seed=9), tmp_path / "in")
    works = [
        work_on(path, roots, f"thumbnail:50,blur:1,watermark:x,rotate:90{convert}")
        for path in paths
        for convert in ("", ",convert:webp", ",convert:gif,grayscale")
    ]
    here = [run(work, roots, Limits()).sha256 for work in works]
    for work in works:
        Path(work.target).unlink()
    code = Path(process_module.__file__).parents[2]
    there = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input="".join(json.dumps(dataclasses.asdict(work)) + "\n" for work in works),
        env={**os.environ, "PYTHONPATH": str(code), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.split() == here
