"""Whatever bytes come: an output or a TaskError, in bounded time and memory."""

import os
import random
import sys
import time
from collections import Counter

import pytest
from task_processor.errors import TaskError
from task_processor.images.formats import FORMATS
from task_processor.images.limits import Limits
from task_processor.images.operations import parse
from task_processor.images.process import process

from tests.project_3_task_processor import gallery

FILES = int(os.environ.get("FUZZ_FILES", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
LONGEST = 20.0  # seconds for one file; the mean is a few milliseconds, on a machine that is shared
MOST_MEMORY = 1024  # MiB above what the process had
LIMITS = Limits(pixels=4_000_000, frames=50)
OPERATIONS = parse("thumbnail:64,grayscale,blur:1,rotate:90,watermark:x")


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The file with some bytes changed, doubled, removed or cut, mostly near its start."""
    file = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        if not file:
            break
        reach = len(file) if rng.random() < 0.4 else min(len(file), 120)
        at = rng.randrange(reach)
        match rng.randrange(7):
            case 0:
                file[at] ^= 1 << rng.randrange(8)
            case 1:
                file[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                file[at : at + 4] = rng.choice(
                    (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff")
                )
            case 3:
                file[at : at + rng.randrange(1, 20)] = b""
            case 4:
                file[at:at] = file[at : at + rng.randrange(1, 200)]
            case 5:
                file[at : at + 8] = rng.randbytes(8)
            case 6:
                del file[max(at, 8) :]
    return bytes(file)


def peak_memory() -> float:
    """MiB that this process had at most."""
    if sys.platform == "win32":
        return 0.0
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024) if sys.platform == "darwin" else most / 1024


@pytest.mark.slow
def test_mutated_files_give_an_output_or_a_task_error() -> None:
    rng = gallery.seeded(f"fuzz {SEED}")
    originals = [sample.data for sample in gallery.good(2 * len(gallery.GOOD), SEED)]
    originals += [sample.data for sample in gallery.poison(24, SEED) if len(sample.data) < 50_000]
    outcomes: Counter[str] = Counter()
    slowest, memory = 0.0, peak_memory()
    for number in range(FILES):
        data = mutated(rng.choice(originals), rng)
        output = rng.choice(FORMATS)
        start = time.perf_counter()
        try:
            process(data, OPERATIONS, output, LIMITS)
            outcomes["processed"] += 1
        except TaskError as error:
            assert "\n" not in error.message
            outcomes[error.reason] += 1
        except Exception as error:
            raise AssertionError(f"FUZZ_SEED={SEED}, file {number}, to {output.word}") from error
        slowest = max(slowest, time.perf_counter() - start)
    grown = peak_memory() - memory
    print(f"{FILES} files, seed {SEED}: {dict(outcomes)}; slowest {slowest:.2f} s, {grown:.0f} MiB")
    assert slowest < LONGEST
    assert grown < MOST_MEMORY
    assert len(outcomes) >= 5, outcomes
