"""Images per second: a plain pool, which is the limit, and the queues that do the same work."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import statistics
import subprocess
import time
from pathlib import Path

from PIL import Image
from project_bench import Bench
from task_processor.images.limits import Limits
from task_processor.images.process import Work, run
from task_processor.settings import Broker
from task_processor.storage.roots import Roots
from task_processor.submit import main as submitting
from task_processor.submit.manifest import Manifest

OPERATIONS = "thumbnail:512,convert:webp"


def _one(arguments: tuple[Work, str]) -> None:
    work, root = arguments
    run(work, Roots((root,), (root,)), Limits())


class Images:
    """Photographs of 1600 x 1200 pixels, and their outputs."""

    def __init__(self, on: Bench, folder: Path, count: int) -> None:
        self.on, self.folder, self.count = on, folder, count
        os.environ["TASK_PROCESSOR_STATE"] = str(folder / "state")
        inputs = folder / "in"
        inputs.mkdir()
        rng = random.Random(1)  # noqa: S311
        small = Image.frombytes("RGB", (160, 120), rng.randbytes(160 * 120 * 3))
        picture = small.resize((1600, 1200), Image.Resampling.BICUBIC)
        for number in range(count):
            picture.putpixel((number % 1600, number // 1600), (number % 256, 0, 0))
            picture.save(inputs / f"{number:05}.jpg", quality=85)

    def measure(self, processes: int, times: int) -> dict[str, float]:
        """Images per second of each; they take turns."""
        ways = {"pool": self.pool, "ours": self.ours}
        if self.on.peers:
            ways |= {"celery": self.celery, "dramatiq": self.dramatiq}
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(times):
            for name, way in ways.items():
                rates[name].append(way(self._plan(f"{name}-{turn}"), processes))
        found = {f"images {name}/s": statistics.median(each) for name, each in rates.items()}
        found["images ours/s with 1 process"] = self.ours(self._plan("single"), 1)
        return found

    def _plan(self, out: str) -> Manifest:
        request = submitting.request_of(OPERATIONS, str(self.folder / out))
        return submitting.plan([str(self.folder / "in")], request, Limits(), progress=False)

    def _rate(self, listed: Manifest, seconds: float = 600) -> float:
        """Outputs per second between the first and the last tenth, by the files' own times."""
        out = Path(listed.request.out)
        deadline = time.monotonic() + seconds
        while len(found := [*out.glob("[!.]*.webp")]) < self.count:
            if time.monotonic() > deadline:
                raise SystemExit(f"{len(found)} of {self.count} images after {seconds} s")
            time.sleep(0.1)
        times = sorted(path.stat().st_mtime_ns for path in found)
        tenth = self.count // 10
        shutil.rmtree(out)
        return (self.count - 2 * tenth) / ((times[-tenth] - times[tenth]) / 1e9)

    def _works(self, listed: Manifest) -> list[Work]:
        return [
            Work(task.source, task.target, task.operations, task.content_hash)
            for task in listed.tasks(range(1, listed.total + 1))
        ]

    def pool(self, listed: Manifest, processes: int) -> float:
        """The limit: no broker, nothing kept."""
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            works = [(work, str(self.folder)) for work in self._works(listed)]
            list(pool.imap_unordered(_one, works))
        return self._rate(listed)

    def ours(self, listed: Manifest, processes: int) -> float:
        submitting.submit(Broker(self.on.url), listed, 4)
        with self.on.worker(processes, 0, "--root", str(self.folder)):
            return self._rate(listed)

    def _publish(self, listed: Manifest, program: str) -> None:
        file = self.folder / "works.json"
        file.write_text(
            json.dumps([[*vars(work).values(), str(self.folder)] for work in self._works(listed)])
        )
        words = [self.on.peers, f"benchmarks/{program}", "images", str(file)]
        environment = {**os.environ, "BENCH_URL": self.on.url}
        subprocess.run(words, check=True, env=environment, capture_output=True)

    def celery(self, listed: Manifest, processes: int) -> float:
        self._publish(listed, "project_peer_celery.py")
        words = [self.on.peers, "-m", "celery", "-A", "project_peer_celery", "worker"]
        words += ["-c", str(processes), "-l", "ERROR", "--without-gossip", "--without-mingle"]
        with self.on.program(words, BENCH_PREFETCH="16"):
            return self._rate(listed)

    def dramatiq(self, listed: Manifest, processes: int) -> float:
        self._publish(listed, "project_peer_dramatiq.py")
        words = [self.on.peers, "-m", "dramatiq", "project_peer_dramatiq"]
        words += ["-p", str(processes), "-t", "1"]
        with self.on.program(words):
            return self._rate(listed)
