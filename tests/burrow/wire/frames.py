"""Frames as a broker test needs them: any field value, any bytes, closes as exceptions."""

from __future__ import annotations

from typing import Any

from pamqp import base, commands, encode, frame

Json = Any


class Closed(Exception):
    """The broker ended a channel, a connection, or (without a word) the socket."""

    def __init__(self, scope: str, code: int = 0, text: str = "", method: str = "") -> None:
        super().__init__(f"{scope} closed: {code} {text}")
        self.scope, self.code, self.text, self.method = scope, code, text, method

    def seen(self) -> Json:
        """The close as a golden records it."""
        return {"closed": self.scope, "code": self.code, "text": self.text, "method": self.method}


def method(kind: type[base.Frame], **fields: Any) -> base.Frame:
    """A method frame with these fields; values that pamqp would refuse are kept."""
    made = kind()
    for name, value in fields.items():
        if name not in kind.__slots__:
            raise TypeError(f"{kind!r} has no field {name}")
        setattr(made, name, value)
    return made


def marshal(made: frame.FrameTypes, channel: int) -> bytes:
    """The frame's bytes; a method is encoded without pamqp's validation of its fields."""
    if not isinstance(made, base.Frame):
        return frame.marshal(made, channel)
    out, bits, filled = [encode.long_uint(made.index)], 0, 0
    for name in made.__slots__:
        kind, value = made.amqp_type(name), getattr(made, name)
        if filled and (kind != "bit" or filled == 8):
            out.append(bytes([bits]))
            bits = filled = 0
        if kind == "bit":
            bits |= bool(value) << filled
            filled += 1
        else:
            out.append(encode.by_type(value, kind))
    if filled:
        out.append(bytes([bits]))
    payload = b"".join(out)
    return b"\x01" + encode.short_uint(channel) + encode.long_uint(len(payload)) + payload + b"\xce"


def method_name(class_id: int | None, method_id: int | None) -> str:
    """`Queue.Declare` for (50, 10); empty when no method is blamed."""
    found = commands.INDEX_MAPPING.get(((class_id or 0) << 16) | (method_id or 0))
    return str(found().name) if found else ""
