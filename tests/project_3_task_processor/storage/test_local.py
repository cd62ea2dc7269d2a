"""Local files are written whole or not at all, and read without waiting for anything."""

import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from task_processor.errors import Permanent, TaskError, Transient
from task_processor.storage.local import PART
from task_processor.storage.roots import Roots
from task_processor.storage.store import clean, exists, read, write


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    return Roots((str(tmp_path),), (str(tmp_path),))


def parts(folder: Path) -> list[Path]:
    return list(folder.rglob(f".*{PART}"))


def test_a_file_is_written_with_its_folders_and_read_back(tmp_path: Path, roots: Roots) -> None:
    place = roots.writable(f"{tmp_path}/a/b/c.png")
    assert not exists(place)
    write(place, b"pixels")
    assert exists(place)
    assert read(place, 100) == b"pixels"
    assert not parts(tmp_path)


def test_the_file_is_synced_before_its_name_and_the_folder_after(
    tmp_path: Path, roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, os.replace

    def synced(number: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{number}") else "file")  # noqa: PTH112
        sync(number)

    def replaced(*arguments: object, **options: object) -> None:
        steps.append("name")
        replace(*arguments, **options)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    write(roots.writable(f"{tmp_path}/a.png"), b"pixels")
    if Path("/proc/self/fd").exists():
        assert steps == ["file", "name", "folder"]


@pytest.mark.parametrize(
    ("number", "reason", "kind"),
    [
        (errno.ENOSPC, "disk-full", Transient),
        (errno.EDQUOT, "disk-full", Transient),
        (errno.EIO, "storage-unavailable", Transient),
        (errno.ESTALE, "storage-unavailable", Transient),
        (errno.EACCES, "not-writable", Permanent),
        (errno.EROFS, "not-writable", Permanent),
    ],
)
@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
def test_an_error_while_writing_has_its_reason_and_leaves_nothing(
    tmp_path: Path,
    roots: Roots,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    reason: str,
    kind: type[TaskError],
    step: str,
) -> None:
    place = roots.writable(f"{tmp_path}/a.png")

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch, pytest.raises(kind) as caught:
        patch.setattr(os, step, fail)
        write(place, b"pixels")
    assert caught.value.reason == reason
    assert list(tmp_path.iterdir()) == []


def test_a_root_that_is_not_mounted_is_worth_another_attempt(tmp_path: Path) -> None:
    away = Roots((f"{tmp_path}/away",), (f"{tmp_path}/away",))
    for attempt in (
        lambda: write(away.writable(f"{tmp_path}/away/a.png"), b""),
        lambda: read(away.readable(f"{tmp_path}/away/a.png"), 1),
    ):
        with pytest.raises(Transient) as caught:
            attempt()
        assert caught.value.reason == "storage-unavailable"
    assert not (tmp_path / "away").exists()


def test_a_missing_file_has_vanished(tmp_path: Path, roots: Roots) -> None:
    with pytest.raises(Permanent) as caught:
        read(roots.readable(f"{tmp_path}/sub/a.png"), 1)
    assert caught.value.reason == "vanished"


def test_a_file_above_the_limit_is_not_read(tmp_path: Path, roots: Roots) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(Permanent) as caught:
        read(roots.readable(f"{tmp_path}/a.png"), 1000)
    assert caught.value.reason == "too-many-bytes"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes among its files")
@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_regular_file_is_unreadable_at_once(
    tmp_path: Path, roots: Roots, kind: str
) -> None:
    odd = tmp_path / "a.png"
    os.mkfifo(odd) if kind == "pipe" else odd.mkdir()
    with pytest.raises(Permanent) as caught:
        read(roots.readable(str(odd)), 1000)
    assert caught.value.reason == "unreadable"


@contextmanager
def without_privileges() -> Iterator[None]:
    """In here, permissions hold for root as well."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_what_may_not_be_read_or_written_is_said() -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder).resolve()
        roots = Roots((str(here),), (str(here),))
        (here / "b.png").write_bytes(b"pixels")
        (here / "a.png").touch(mode=0)
        here.chmod(0o555)
        with without_privileges():
            assert read(roots.readable(f"{here}/b.png"), 1000) == b"pixels"
            with pytest.raises(Permanent) as reading:
                read(roots.readable(f"{here}/a.png"), 1000)
            with pytest.raises(Permanent) as writing:
                write(roots.writable(f"{here}/c.png"), b"pixels")
        here.chmod(0o755)
    assert (reading.value.reason, writing.value.reason) == ("unreadable", "not-writable")


def test_a_folder_where_the_output_belongs_is_said(tmp_path: Path, roots: Roots) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(Permanent) as caught:
        write(roots.writable(f"{tmp_path}/a.png"), b"pixels")
    assert caught.value.reason == "not-writable"
    assert not parts(tmp_path)


KILLED = """
import os, sys
from task_processor.storage.roots import Roots
from task_processor.storage.store import write
sync = os.fsync
def stop(number):
    print("writing", flush=True)
    sys.stdin.read()
os.fsync = stop
roots = Roots((), (sys.argv[1],))
write(roots.writable(sys.argv[1] + "/a.png"), b"pixels")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_worker_killed_while_writing_leaves_no_output_and_its_rest_is_cleaned(
    tmp_path: Path,
) -> None:
    code = Path(__file__).parents[3] / "project_3_task_processor"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(code)},
    ) as worker:
        assert worker.stdout
        assert worker.stdout.readline() == b"writing\n"
        worker.send_signal(signal.SIGKILL)
    assert not (tmp_path / "a.png").exists()
    assert len(parts(tmp_path)) == 1
    assert clean([str(tmp_path)], older_than=3600) == 0, "a living worker may be writing it"
    os.utime(parts(tmp_path)[0], (time.time() - 7200,) * 2)
    assert clean([str(tmp_path)], older_than=3600) == 1
    assert list(tmp_path.iterdir()) == []
