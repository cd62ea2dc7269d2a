"""What worker processes do with a task: the image work, confined to the configured roots."""

from collections.abc import Callable
from typing import Any

from task_processor.codec import Task
from task_processor.images.limits import Limits
from task_processor.images.process import Done, Work, run
from task_processor.storage.roots import Roots


def handler(settings: dict[str, Any]) -> Callable[[Task], Done]:
    """A function from task to output, from the settings that the main process sent."""
    roots = Roots(read=tuple(settings["read_roots"]), write=tuple(settings["write_roots"]))
    limits = Limits(**settings["limits"])

    def handle(task: Task) -> Done:
        work = Work(task.source, task.target, task.operations, task.content_hash)
        return run(work, roots, limits)

    return handle
