"""Frames, cut out of a stream of bytes: AMQP 0-9-1 section 4.2.3."""

from __future__ import annotations

import struct

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
HEAD = struct.Struct(">BHI")  # type, channel, payload size
HEAD_SIZE = 7
OVERHEAD = HEAD_SIZE + 1  # bytes that a frame adds to its payload
END = 0xCE
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
_KINDS = frozenset((METHOD, HEADER, BODY, HEARTBEAT))
_HTTP = (b"GET ", b"POST", b"PUT ", b"HEAD", b"DELE", b"OPTI", b"PATC", b"CONN", b"TRAC", b"PRI ")

Span = tuple[int, int, int, int]  # type, channel, where the frame begins and ends in the data


class Frames:
    """Collects one side's bytes until whole frames are there.

    At most one frame, of `limit` payload bytes, is kept. After `problem` is set nothing that
    follows can be made sense of.
    """

    __slots__ = ("_have", "_limit", "_need", "_parts", "problem")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._have = 0
        self._need = OVERHEAD
        self.problem = ""

    def feed(self, chunk: bytes) -> tuple[bytes, list[Span]]:
        """The bytes and, in them, each whole frame; the first begins at 0 and no bytes lie between.

        What follows the last one is kept for the next call.
        """
        if self._parts:
            self._parts.append(chunk)
            self._have += len(chunk)
            if self._have < self._need:
                return b"", []
            chunk = b"".join(self._parts)
            self._parts.clear()
        spans: list[Span] = []
        pos, size, need = 0, len(chunk), OVERHEAD
        unpack = HEAD.unpack_from
        while size - pos >= OVERHEAD:
            kind, channel, length = unpack(chunk, pos)
            end = pos + length + OVERHEAD
            if kind not in _KINDS or length > self._limit:
                self._complain(chunk[pos : pos + HEAD_SIZE], kind, length)
                return chunk, spans
            if end > size:
                need = end - pos
                break
            if chunk[end - 1] != END:
                self.problem = f"a frame of type {kind} does not end with the octet CE"
                return chunk, spans
            spans.append((kind, channel, pos, end))
            pos = end
        if pos < size:
            self._parts.append(chunk[pos:])
        self._have, self._need = size - pos, need
        return chunk, spans

    def _complain(self, head: bytes, kind: int, length: int) -> None:
        if kind in _KINDS:
            self.problem = f"a frame of {length} bytes; the tap takes at most {self._limit}"
        else:
            self.problem = f"no frame begins with {head.hex(' ')}: there is no frame type {kind}"


def not_amqp(start: bytes) -> str:
    """What a client speaks whose first bytes are not AMQP 0-9-1's protocol header.

    Never quotes them: an HTTP request may hold a password.
    """
    if not start:
        return "nothing came"
    if len(start) < len(PROTOCOL_HEADER) and PROTOCOL_HEADER.startswith(start):
        return "it ended in the middle of AMQP's protocol header"
    if start[:4] in _HTTP:
        return "this is HTTP; the port is for AMQP 0-9-1"
    if start[:2] == b"\x16\x03":
        return "this is TLS; the tap takes plain amqp:// and speaks TLS to the broker itself"
    if start[:4] == b"AMQP":
        version = "1.0" if start[5:6] == b"\x01" else f"version {start[4:8].hex(' ')}"
        return f"this is AMQP, but {version}; the tap understands 0-9-1"
    if start[:3] == b"\x10\x00\x00" or start[4:8] == b"MQTT":
        return "this is MQTT; the port is for AMQP 0-9-1"
    return "the first bytes are not AMQP's protocol header"
