"""The launcher: makes .venv once, repairs it, and never leaves half of one."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support import eventually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses programs for POSIX")

ENGINE = """\
import sys
print("engine", sys.argv[1:], sys.prefix)
"""
# In place of uv: notes how it was called, and makes an environment without pip, which is quick.
UV = """\
#!{python}
import os, pathlib, subprocess, sys, time
root = pathlib.Path(__file__).parent.parent
with open(root / "uv.calls", "a") as calls:
    print(*sys.argv[1:], file=calls)
if sys.argv[1] == "venv":
    sys.exit(subprocess.call([{python!r}, "-m", "venv", "--without-pip", sys.argv[-1]]))
plan = root / "uv.plan"
if plan.exists():
    print(plan.read_text(), flush=True)
    time.sleep(60 if "slow" in plan.read_text() else 0)
    sys.exit(1)
"""


class Clone:
    """The launcher in a repository of its own, with a stub in place of the engine."""

    def __init__(self, root: Path, repository: Path) -> None:
        self.root = root
        (root / "course").mkdir(parents=True)
        shutil.copy(repository / "learn", root / "learn")
        (root / "requirements.lock").write_text("# nothing\n")
        (root / "course" / "__main__.py").write_text(ENGINE)
        self.programs = root / "programs"
        self.programs.mkdir()
        self.venv = root / ".venv"

    def with_uv(self) -> "Clone":
        uv = self.programs / "uv"
        uv.write_text(UV.format(python=sys.executable))
        uv.chmod(0o755)
        return self

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(self.root / "learn"), *words]

    def environment(self, **more: str) -> dict[str, str]:
        quiet = {"PATH": str(self.programs), "PIP_CONFIG_FILE": os.devnull}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
        return {**kept, **quiet, **more}

    def learn(self, *words: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, timeout=100, check=False,
            stdin=subprocess.DEVNULL, env=self.environment(**environment),
        )  # fmt: skip

    def calls(self) -> list[str]:
        """How uv was called so far."""
        path = self.root / "uv.calls"
        return path.read_text().splitlines() if path.exists() else []

    def leftovers(self) -> list[str]:
        return sorted(path.name for path in self.root.glob(".venv*"))


@pytest.fixture
def clone(tmp_path: Path, repository: Path) -> Clone:
    return Clone(tmp_path / "a clone", repository)


def ran(clone: Clone, done: subprocess.CompletedProcess, *words: str) -> bool:
    """Whether the engine got the words, in the clone's own environment."""
    return (done.returncode, done.stdout) == (0, f"engine {list(words)} {clone.venv}\n")


@pytest.mark.slow  # pip takes its time
def test_the_first_start_makes_the_environment_with_pip_and_the_second_does_not(
    clone: Clone,
) -> None:
    first = clone.learn("list", "--plain")
    assert ran(clone, first, "list", "--plain"), first
    assert first.stderr.startswith("Setting up, once: ")
    assert first.stderr.rstrip().endswith("Ready.")
    second = clone.learn()
    assert ran(clone, second)
    assert second.stderr == ""
    assert clone.leftovers() == [".venv", ".venv.lock"]


def test_uv_is_used_if_it_is_there_and_asked_for_hashes(clone: Clone) -> None:
    assert ran(clone, clone.with_uv().learn())
    made, installed = clone.calls()
    assert made.startswith("venv ")
    assert made.endswith(str(clone.venv))
    assert installed.startswith("pip install ")
    assert "--require-hashes" in installed
    assert installed.endswith(f"-r {clone.root / 'requirements.lock'}")
    assert ran(clone, clone.learn())
    assert len(clone.calls()) == 2


def test_a_half_made_environment_is_made_anew(clone: Clone) -> None:
    clone.with_uv()
    (clone.venv / "bin").mkdir(parents=True)
    (clone.venv / "rubbish").touch()
    assert ran(clone, clone.learn())
    assert not (clone.venv / "rubbish").exists()


@pytest.mark.parametrize("damage", ["stamp", "python", "a file"])
def test_a_damaged_environment_is_made_anew(clone: Clone, damage: str) -> None:
    clone.with_uv().learn()
    if damage == "stamp":
        (clone.venv / "learn-stamp").write_bytes(b"\xff\xfe")
    elif damage == "python":
        (clone.venv / "bin" / "python").unlink()
    else:
        shutil.rmtree(clone.venv)
        clone.venv.write_text("not a folder")
    assert ran(clone, clone.learn())
    assert len(clone.calls()) == 4
    assert clone.leftovers() == [".venv", ".venv.lock"]


def test_another_lock_is_installed(clone: Clone) -> None:
    clone.with_uv().learn()
    (clone.root / "requirements.lock").write_text("# another\n")
    done = clone.learn()
    assert ran(clone, done)
    assert done.stderr.startswith("Setting up, once: ")
    assert len(clone.calls()) == 4


def test_a_clone_that_was_moved_gets_its_environment_anew(clone: Clone, tmp_path: Path) -> None:
    clone.with_uv().learn()
    moved = tmp_path / "moved"
    clone.root.rename(moved)
    done = subprocess.run(
        [sys.executable, str(moved / "learn")],
        capture_output=True, text=True, timeout=60, check=False,
        env=clone.environment(PATH=str(moved / "programs")),
    )  # fmt: skip
    assert done.stdout == f"engine [] {moved / '.venv'}\n"
    assert done.stderr.startswith("Setting up, once: ")


def test_a_failed_renewal_keeps_the_old_environment(clone: Clone) -> None:
    clone.with_uv().learn()
    (clone.venv / "mark").touch()
    (clone.root / "requirements.lock").write_text("# another\n")
    (clone.root / "uv.plan").write_text("error sending request for url")
    done = clone.learn()
    assert (done.returncode, done.stdout) == (3, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("learn: the package index did not deliver. Check the network")
    assert (clone.venv / "mark").exists()
    assert clone.leftovers() == [".venv", ".venv.lock"]
    (clone.root / "uv.plan").unlink()
    assert ran(clone, clone.learn())


def test_two_starts_at_once_make_one_environment(clone: Clone) -> None:
    clone.with_uv()
    started = [
        subprocess.Popen(
            clone.command(str(number)), env=clone.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for number in (1, 2)
    ]  # fmt: skip
    for number, process in enumerate(started, start=1):
        output, _ = process.communicate(timeout=60)
        assert (process.returncode, output) == (0, f"engine ['{number}'] {clone.venv}\n")
    assert len(clone.calls()) == 2


@pytest.mark.slow
def test_a_closed_package_index_is_one_line_and_leaves_nothing(clone: Clone) -> None:
    digest = "0" * 64
    (clone.root / "requirements.lock").write_text(f"pika==1.4.4 --hash=sha256:{digest}\n")
    done = clone.learn(PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0")
    assert (done.returncode, done.stdout) == (3, "")
    complaints = [line for line in done.stderr.splitlines() if line.startswith("learn: ")]
    assert complaints == [
        "learn: the package index did not deliver. Check the network (or PIP_INDEX_URL for a "
        "mirror), then run this again. Details: work/setup.log"
    ]
    assert "Traceback" not in done.stderr
    assert clone.leftovers() == [".venv.lock"]
    assert (clone.root / "work" / "setup.log").read_text()


def test_ctrl_c_while_it_installs_leaves_nothing(clone: Clone) -> None:
    (clone.with_uv().root / "uv.plan").write_text("slow")
    with subprocess.Popen(
        clone.command(), env=clone.environment(), text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            eventually(lambda: len(clone.calls()) == 2, "it installs")
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
            output, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, output) == (130, "")
    assert errors.splitlines()[-1] == (
        "learn: stopped; nothing is half done. Run it again to go on."
    )
    assert "Traceback" not in errors
    assert clone.leftovers() == [".venv.lock"]


def old_python(clone: Clone, version: tuple[int, int]) -> subprocess.CompletedProcess:
    """The launcher under a Python that says it is `version`."""
    source = f"""
        import runpy, sys
        class Version(tuple):
            pass
        sys.version_info = Version({(*version, 0, "final", 0)})
        sys.argv = [{str(clone.root / "learn")!r}, "list"]
        runpy.run_path(sys.argv[0], run_name="__main__")
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)], env=clone.environment(),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_an_old_python_alone_is_told_in_one_line(clone: Clone) -> None:
    done = old_python(clone, (3, 8))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(
        "learn: this course needs Python 3.11 or newer, and this is 3.8. Install one"
    )
    assert len(done.stderr.splitlines()) == 1
    assert clone.leftovers() == []


def test_an_old_python_hands_over_to_a_newer_one(clone: Clone) -> None:
    newer = clone.with_uv().programs / "python3.12"
    newer.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    newer.chmod(0o755)
    assert ran(clone, old_python(clone, (3, 8)), "list")


def test_a_clone_that_cannot_be_written_is_told_in_one_line(clone: Clone) -> None:
    (clone.root / ".venv.lock").mkdir()
    done = clone.learn()
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1
    assert "Check that this folder is writable." in done.stderr
