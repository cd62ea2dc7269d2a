"""What worker processes do in these tests: the real work, with something added to it."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from task_processor.codec import Task
from task_processor.images.process import Done
from task_processor.worker.images import handler as images


def slow(settings: dict[str, Any]) -> Callable[[Task], Done]:
    """Each task takes TEST_SECONDS longer, and is said to have begun."""
    handle, seconds = images(settings), float(os.environ["TEST_SECONDS"])

    def work(task: Task) -> Done:
        print("begun:", task.source, flush=True)
        time.sleep(seconds)
        return handle(task)

    return work


def killed_in_decoder(settings: dict[str, Any]) -> Callable[[Task], Done]:
    """The process is killed while it decodes a file whose name has `lethal` in it.

    With `once` in the name as well, only the first time.
    """
    from PIL import ImageFile

    handle = images(settings)
    load = ImageFile.ImageFile.load
    present: list[str] = []

    def deadly(picture: ImageFile.ImageFile) -> Any:
        name = Path(present[-1])
        if "lethal" in name.name:
            mark = Path(os.environ["TEST_MARKS"], name.stem)
            if "once" not in name.name or not mark.exists():
                with mark.open("a", encoding="ascii") as file:
                    file.write("x")
                os.kill(os.getpid(), signal.SIGKILL)
        return load(picture)

    ImageFile.ImageFile.load = deadly  # type: ignore[method-assign,assignment]

    def work(task: Task) -> Done:
        present[:] = [task.source]
        return handle(task)

    return work


def endless(settings: dict[str, Any]) -> Callable[[Task], Done]:
    """A file whose name has `endless` in it never ends."""
    handle = images(settings)

    def work(task: Task) -> Done:
        if "endless" in task.source:
            time.sleep(3600)
        return handle(task)

    return work


def full(settings: dict[str, Any]) -> Callable[[Task], Done]:
    """The disk has no room while the file TEST_FULL exists."""
    import errno

    from task_processor.storage import local

    handle, mark = images(settings), Path(os.environ["TEST_FULL"])
    sync = os.fsync

    def no_room(descriptor: int) -> None:
        if mark.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    local.os.fsync = no_room
    return handle
