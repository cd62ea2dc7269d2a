"""`python -m task_processor`, and the script `task-processor`."""

import os
import sys


def main() -> None:
    """Run one command line. Exit codes: 1 not so, 2 wrong use, 3 could not be done."""
    from task_processor.cli import run_command_line

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run_command_line()
        sys.stdout.flush()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        code = 130
    except BrokenPipeError:  # `| head` has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 0
    sys.exit(code)


if __name__ == "__main__":
    main()
