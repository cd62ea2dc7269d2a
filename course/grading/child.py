"""The process that runs an exercise's checks: pytest with our plugin and nobody else's settings.

Usage: python -m course.grading.child, with messages on stdin and stdout: see link.py.
"""

import os
import shutil
import signal
import sys

from course.grading import tree
from course.grading.job import Job
from course.grading.link import Gone, Link, private_pipes


def main() -> None:
    # What we start must be able to get Ctrl-C, also if we were started with it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    link = Link(*private_pipes())
    try:
        job = Job.model_validate(link.receive())
    except Gone:
        sys.exit(130)
    tree.adopt_orphans()
    try:
        link.send("end", code=_run(job, link))
    except (KeyboardInterrupt, Gone):
        sys.exit(130)
    finally:
        if link.gone:  # nobody is there to do it
            tree.end(job.token, [os.getpid()])
            shutil.rmtree(job.scratch, ignore_errors=True)


def _run(job: Job, link: Link) -> int:
    """Run pytest; its exit code. It reads no configuration, conftest or plugin but ours."""
    import pytest

    from course.grading.plugin import Plugin

    plugin = Plugin(job, link)
    checks = plugin.unit.checks
    empty = job.scratch / "pytest.ini"
    shared = f'pythonpath = "{checks.as_posix()}"\n' if checks.is_dir() else ""
    empty.write_text(f"[pytest]\n{shared}", encoding="utf-8")
    options = ["-c", str(empty), "--rootdir", str(job.scratch), "--noconftest"]
    options += ["-p", "no:cacheprovider", "-p", "no:faulthandler", "--import-mode=importlib"]
    options += ["--capture=no", "--strict-markers", "--color=no", "-q"]
    return int(pytest.main([*options, str(checks)], plugins=[plugin]))


def environment() -> dict[str, str]:
    """The environment for this process: nothing that would change what pytest does."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
    settings = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**ours, **settings, "PYTHONUTF8": "1"}


if __name__ == "__main__":
    main()
