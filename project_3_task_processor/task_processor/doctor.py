"""Looks at what this program needs on this machine and on the broker."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import PIL
from PIL import features as pillow

from task_processor.amqp.connect import redact, session
from task_processor.settings import Broker, BrokerError, UsageError
from task_processor.submit import manifest

FORMATS = ("jpg", "webp", "libtiff", "zlib")


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `fix` is what to do, or worth knowing."""

    ok: bool
    what: str
    fix: str = ""


def examine(broker: Broker) -> Iterator[Finding]:
    """What was found, one by one."""
    missing = [name for name in FORMATS if not pillow.check(name)]
    yield Finding(
        not missing,
        f"Pillow {PIL.__version__}" + (f" without {', '.join(missing)}" if missing else ""),
        "Install Pillow from its wheel: pip install --force-reinstall pillow" if missing else "",
    )
    s3 = find_spec("s3fs") is not None
    yield Finding(
        True,
        "s3:// URLs can be used" if s3 else "s3:// URLs cannot be used here",
        "" if s3 else "To use them: pip install s3fs",
    )
    yield _writable(manifest.folder())
    yield Finding(True, f"{os.cpu_count()} processors: that many processes per worker by default")
    yield from _broker(broker)


def _writable(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK)
    except OSError:
        usable = False
    fix = "" if usable else "Set TASK_PROCESSOR_STATE to a folder that may be written"
    return Finding(usable, f"lists of jobs are kept in {folder}", fix)


def _broker(broker: Broker) -> Iterator[Finding]:
    try:
        with session(broker, "doctor") as on:
            version = ".".join(map(str, on.features.version))
            yield Finding(True, f"{on.features.product} {version} at {redact(broker.url)}")
            for note in on.features.notes():
                yield Finding(True, note)
            tasks, workers = on.count(on.names.tasks)
            yield Finding(True, f"{tasks} tasks wait")
            yield Finding(
                workers > 0 or not tasks,
                f"{workers} workers listen",
                "" if workers else "Start one: task-processor worker",
            )
            dead = on.count(on.names.dead)[0]
            fix = "See them: task-processor dead list" if dead else ""
            yield Finding(True, f"{dead} dead letters", fix)
    except (BrokerError, UsageError) as error:
        yield Finding(False, str(error), "Another broker: --url, or RABBITMQ_URL")
