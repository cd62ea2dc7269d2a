"""The command line: `python -m task_processor submit|worker|status|results|dead`."""

import argparse
import json
import sys

import pika.exceptions

from task_processor import broker, dead, progress, submit, worker
from task_processor.errors import InputError, TaskError

COULD_NOT = 3  # exit codes: 0 as asked, 1 not so, 2 wrong use, 3 could not be done


def parse() -> argparse.Namespace:
    """The arguments; argparse ends with 2 if they are wrong."""
    parser = argparse.ArgumentParser(prog="task_processor")
    commands = parser.add_subparsers(dest="command", required=True)

    command = commands.add_parser("submit", help="hand images to the workers; prints the job's id")
    command.add_argument("paths", nargs="+", metavar="PATH")
    command.add_argument("--out", required=True, metavar="DIR")
    command.add_argument("--ops", default="thumbnail:512", metavar="LIST")

    command = commands.add_parser("worker", help="take tasks until Ctrl-C or SIGTERM")
    command.add_argument("--processes", type=int, default=1, metavar="N")
    command.add_argument("--root", action="append", metavar="DIR", help="default: this folder")

    for name, text in (("status", "how far a job is"), ("results", "its outputs, its failures")):
        command = commands.add_parser(name, help=text)
        command.add_argument("job")
        command.add_argument("--json", action="store_true")

    command = commands.add_parser("dead", help="tasks that were given up")
    command.add_argument("what", choices=["list"])
    command.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> int:
    """Run one command; its exit code."""
    given = parse()
    try:
        if given.command == "submit":
            return submit.submit(given.paths, given.out, given.ops)
        if given.command == "worker":
            return worker.run(given.processes, given.root or ["."])
        if given.command == "dead":
            found = dead.letters()
        elif given.command == "results":
            found = progress.results(given.job)
        else:
            found = [progress.status(given.job)]
    except (InputError, TaskError) as error:
        print(f"task_processor: {error}", file=sys.stderr)
        return 2
    except (pika.exceptions.AMQPError, OSError) as error:
        said = str(error) or type(error).__name__
        print(f"task_processor: {broker.place()}: {said}", file=sys.stderr)
        return COULD_NOT
    for entry in found:
        print(json.dumps(entry))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
