"""Why a task did not give an output: a closed list of reasons, each with what a person can do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """What a reason's slug means, and whether another attempt can help by itself."""

    meaning: str
    remedy: str
    transient: bool = False


REASONS: dict[str, Reason] = {
    # the file
    "empty": Reason("the file has no bytes", "copy it again from its origin"),
    "not-an-image": Reason("no image format begins like this file", "discard it"),
    "format-not-allowed": Reason(
        "an image or document of a format that is not on the list",
        "convert it to a listed format with another program, then submit it again",
    ),
    "truncated": Reason("the file ends too early", "copy it again from its origin"),
    "corrupt": Reason("the file contradicts its own format", "export it again from its origin"),
    "too-many-bytes": Reason("the file is larger than the limit", "raise the limit, or shrink it"),
    "too-many-pixels": Reason(
        "all frames together would decode to more pixels than the limit",
        "raise the limit on workers with the memory for it, or shrink the image",
    ),
    "too-many-frames": Reason(
        "the file has more frames or pages than the limit", "raise the limit, or split it"
    ),
    "metadata-too-large": Reason(
        "the metadata is larger than the limit", "submit it again with strip-metadata"
    ),
    "pixels-not-supported": Reason(
        "the samples are floating point, 32-bit integers or CIELAB, without a defined range",
        "convert it to 8 or 16 bits with another program",
    ),
    "output-too-large": Reason(
        "the output would be larger than the limit", "raise the limit, or convert to webp or jpeg"
    ),
    "changed": Reason("the file is not the one that was submitted", "submit it again"),
    # where it is
    "vanished": Reason("the file was there when it was submitted", "put it back, then retry"),
    "unreadable": Reason(
        "the worker may not read it, or it is no regular file", "allow reading, then retry"
    ),
    "not-writable": Reason("the worker may not write there", "allow writing, then retry"),
    "outside-roots": Reason(
        "the path leads out of the folders that workers may use",
        "move the file, or start the workers with its folder as a root",
    ),
    "target-taken": Reason(
        "another file is where the output belongs", "move that file away, then retry"
    ),
    "disk-full": Reason("the disk has no room", "free some room, then retry", transient=True),
    "storage-unavailable": Reason(
        "the storage does not answer, or the disk is not mounted",
        "repair the storage, then retry",
        transient=True,
    ),
    # the work
    "unknown-operation": Reason(
        "the list of operations cannot be read", "correct the operations, or update the worker"
    ),
    "out-of-memory": Reason(
        "the memory did not suffice", "give the worker more memory, then retry", transient=True
    ),
    "process-died": Reason(
        "the worker process ended while it had this image",
        "look at the image: it may hit a fault in a decoder",
        transient=True,
    ),
    "timed-out": Reason(
        "the task took longer than its limit", "raise the limit, then retry", transient=True
    ),
    "internal-error": Reason(
        "the program met an error of its own", "report it with the image, then update the worker"
    ),
    # the message
    "malformed-message": Reason("the message is not a task as we write them", "discard it"),
    "newer-schema": Reason("a newer program sent this task", "update the worker, then retry"),
    "not-a-task": Reason("the message is not from this program", "discard it"),
}


class TaskError(Exception):
    """A task that gives no output; `message` is for a person: what happened, what to do."""

    transient = False

    def __init__(self, reason: str, message: str) -> None:
        if reason not in REASONS:
            raise ValueError(f"{reason!r} is not one of the reasons")
        super().__init__(message)
        self.reason = reason
        self.message = message


class Permanent(TaskError):
    """Another attempt cannot help."""


class Transient(TaskError):
    """Another attempt, later, may help by itself."""

    transient = True


class InputError(Exception):
    """A path given by a person cannot be used; the message says which, and why."""
