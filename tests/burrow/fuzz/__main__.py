"""`python -m tests.burrow.fuzz --inputs 100000 --seed N`: the wire fuzzer."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .inputs import make
from .wire_fuzz import fuzz


def main() -> int:
    """Exit code 0: burrow lived, answered everything and did not grow; 1: not so, printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--start", type=int, default=0, help="number of the first input")
    parser.add_argument("--data", type=Path, help="run burrow durable in this folder")
    parser.add_argument("--show", action="store_true", help="print the bytes of input --start only")
    args = parser.parse_args()
    if args.show:
        kind, data = make(args.seed, args.start)
        print(kind, len(data), data.hex() if len(data) < 5000 else data[:5000].hex() + "…")
        return 0
    report = fuzz(args.inputs, args.seed, args.start, args.data)
    print(f"seed {args.seed}: {report.inputs} inputs in {report.seconds:.0f} s")
    print(f"ended by {dict(report.endings.most_common())}")
    print(
        f"memory {report.memory_before:.1f} MB early, {report.memory_after:.1f} MB at last; "
        f"open files {report.files_before}, {report.files_after}"
    )
    for failure in report.failures[:50]:
        print(failure)
    print(f"{len(report.failures)} failures")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
