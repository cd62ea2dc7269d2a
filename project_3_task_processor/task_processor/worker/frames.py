"""What goes over the pipes between the main process and a worker process. No pickle.

Every frame is a length (4 bytes, big-endian) and JSON, or a task list: entries of a serial number,
a length, and a message's body as it came from the broker, so that the main process needn't read it.
"""

import json
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

LENGTH = struct.Struct(">I")
ENTRY = struct.Struct(">II")
MOST_BYTES = 32 * 1024 * 1024


class BrokenPipe(Exception):
    """The other side has ended, or what it sent is no frame."""


def read(pipe: BinaryIO) -> bytes:
    """The next frame's content. Raises BrokenPipe at the end."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise BrokenPipe("the other side ended")
    (length,) = LENGTH.unpack(head)
    if length > MOST_BYTES:
        raise BrokenPipe(f"a frame of {length} bytes")
    content = pipe.read(length)
    if len(content) < length:
        raise BrokenPipe("the other side ended within a frame")
    return content


def write(pipe: BinaryIO, content: bytes) -> None:
    """Send one frame. Raises OSError when nobody reads any more."""
    pipe.write(LENGTH.pack(len(content)) + content)
    pipe.flush()


def to_json(value: Any) -> bytes:
    """JSON in ASCII, so that also names that are no text in any encoding pass."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def pack_tasks(tasks: list[tuple[int, bytes]]) -> bytes:
    """Serial numbers with their messages' bodies."""
    return b"".join(ENTRY.pack(serial, len(body)) + body for serial, body in tasks)


def unpack_tasks(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The reverse of pack_tasks."""
    at = 0
    while at < len(content):
        serial, length = ENTRY.unpack_from(content, at)
        at += ENTRY.size
        yield serial, content[at : at + length]
        at += length
