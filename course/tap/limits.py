"""How much the tap takes and keeps, so that no client can fill the memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bytes, counts and seconds."""

    frame: int = 1 << 20  # a frame's payload; RabbitMQ itself negotiates 131,072
    connections: int = 200  # open at the same time
    events: int = 100_000  # the newest, in memory; all go to the record
    event_bytes: int = 256 << 20  # about what they take together
    buffer: int = 256 << 10  # waiting for a slow reader; then the sender has to wait
    held: int = 8 << 20  # held up by a rule, for each direction of a connection; then as above
    unsettled: int = 200_000  # unacknowledged or unconfirmed, for each channel
    channels: int = 4096  # of one connection
    handshake_seconds: float = 10.0  # until the first bytes have come
