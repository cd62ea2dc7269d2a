"""Turns what an operating system or S3 says into one of our reasons."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from task_processor.errors import Permanent, TaskError, Transient

FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
ODD = {errno.EISDIR, errno.ENXIO, errno.ENAMETOOLONG, errno.EINVAL}
LED_ASTRAY = {errno.ELOOP, errno.ENOTDIR}


@contextmanager
def storage_faults(place: object, doing: Literal["read", "write"]) -> Iterator[None]:
    """Raises TaskError for any error of the storage, about `place`."""
    name = ascii(str(place))
    try:
        yield
    except TaskError:
        raise
    except FileNotFoundError:
        if doing == "read":
            raise Permanent("vanished", f"{name} is not there. Put it back, then retry") from None
        raise Permanent("not-writable", f"the folder of {name} went away") from None
    except PermissionError:
        raise _forbidden(name, doing) from None
    except OSError as error:
        if error.errno in FULL:
            raise Transient(
                "disk-full", f"no room to write {name}. Free some room, then retry"
            ) from None
        if error.errno in FORBIDDEN:
            raise _forbidden(name, doing) from None
        if error.errno in LED_ASTRAY:
            raise Permanent(
                "outside-roots", f"{name} leads over a link, or through a file"
            ) from None
        if error.errno in ODD:
            reason = "unreadable" if doing == "read" else "not-writable"
            raise Permanent(reason, f"{name} is no regular file, or its name is too long") from None
        raise _unavailable(name, error) from None
    except MemoryError:
        raise
    except Exception as error:  # clients of S3 have exceptions of their own
        raise _unavailable(name, error) from None


def _forbidden(name: str, doing: Literal["read", "write"]) -> Permanent:
    if doing == "read":
        return Permanent("unreadable", f"the worker may not read {name}. Allow it, then retry")
    return Permanent("not-writable", f"the worker may not write {name}. Allow it, then retry")


def _unavailable(name: str, error: Exception) -> Transient:
    said = ascii(str(error)[:120] or type(error).__name__)[1:-1]
    return Transient("storage-unavailable", f"the storage of {name} does not answer: {said}")
