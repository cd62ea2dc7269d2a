"""Turns what an operating system or S3 says into one of our reasons."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from task_processor.errors import Permanent, TaskError, Transient

FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
ODD = {errno.EISDIR, errno.EFBIG, errno.ENXIO, errno.ENAMETOOLONG, errno.EINVAL}
LED_ASTRAY = {errno.ELOOP, errno.ENOTDIR}


@contextmanager
def storage_faults(place: object, doing: Literal["read", "write"]) -> Iterator[None]:
    """Raises TaskError for any error of the storage, about `place`."""
    try:
        yield
    except (TaskError, MemoryError):
        raise
    except Exception as error:  # clients of S3 have exceptions of their own
        raise _task_error(error, ascii(str(place)), doing) from None


def _task_error(error: Exception, name: str, doing: Literal["read", "write"]) -> TaskError:
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, FileNotFoundError):
        if doing == "read":
            return Permanent("vanished", f"{name} is not there. Put it back, then retry")
        return Permanent("not-writable", f"the folder of {name} went away. Make it, then retry")
    if isinstance(error, PermissionError) or number in FORBIDDEN:
        reason = "unreadable" if doing == "read" else "not-writable"
        return Permanent(reason, f"the worker may not {doing} {name}. Allow it, then retry")
    if number in FULL:
        return Transient("disk-full", f"no room to write {name}. Free some room, then retry")
    if number in LED_ASTRAY:
        return Permanent("outside-roots", f"{name} leads over a link, or through a file")
    if number in ODD:
        reason = "unreadable" if doing == "read" else "not-writable"
        return Permanent(reason, f"{name} is no regular file, or its name is too long")
    said = ascii(str(error)[:120] or type(error).__name__)[1:-1]
    return Transient("storage-unavailable", f"the storage of {name} does not answer: {said}")
