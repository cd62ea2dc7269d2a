"""Run the command line, and turn every ending into a message and an exit code."""

import errno
import importlib.util
import os
import sys

from course.errors import CouldNotCheck, CourseError

NEEDED = (
    *("filelock", "fsrs", "markdown_it", "pamqp", "pika", "psutil", "pydantic", "pytest"),
    *("questionary", "rich", "typer"),
)
NO_ACCESS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC)


def main() -> None:
    """The entry point `learn`. Exit codes: 0 well, 1 not yet, 2 wrong use, 3 could not check."""
    _check_packages()
    from course import cli

    try:
        code = cli.run_command_line()
    except CourseError as error:
        print(f"learn: {error}", file=sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt:
        print("\nlearn: stopped. It goes on where it was: ./learn", file=sys.stderr)
        code = 130
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        code = _explain_no_access(error) if error.errno in NO_ACCESS else _explain_crash(error)
    except Exception as error:  # no traceback reaches a learner; it goes into a file
        code = _explain_crash(error)
    sys.exit(code)


def _check_packages() -> None:
    """A .venv that lost a package is made anew by the launcher."""
    from course.paths import ROOT

    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    stamp = ROOT / ".venv" / "learn-stamp"
    if missing and stamp.exists() and sys.prefix == str(ROOT / ".venv"):
        stamp.unlink()
        launcher = [sys.executable, str(ROOT / "learn"), *sys.argv[1:]]
        if sys.platform != "win32":
            base = getattr(sys, "_base_executable", sys.executable)
            os.execv(base, [base, *launcher[1:]])  # noqa: S606 - our own launcher
    if missing:
        print(f"learn: the package {missing[0]} is missing. Start with ./learn", file=sys.stderr)
        sys.exit(3)


def _explain_no_access(error: OSError) -> int:
    print(f"learn: {error.filename or 'output'}: {error.strerror}. See: ./learn doctor",
          file=sys.stderr)  # fmt: skip
    return CouldNotCheck.exit_code


def _explain_crash(error: Exception) -> int:
    import traceback

    from course.paths import work

    log = work() / "logs" / "crash.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        where = f"Details for a bug report: {log}"
    except OSError as problem:
        where = f"(No details: {log} cannot be written: {problem.strerror})"
    print(f"learn: a mistake in the course itself: {error!r}. {where}", file=sys.stderr)
    return CourseError.exit_code + 2


if __name__ == "__main__":
    main()
