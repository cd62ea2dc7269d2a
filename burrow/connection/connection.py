"""A client's connection: frames to channels, opening and closing, blocking, the end.

AMQP 0-9-1 sections 2.2.4 (negotiation) and 4.2 (frames).
"""

from __future__ import annotations

import asyncio
import traceback
from typing import TYPE_CHECKING, Any

from pamqp import base, commands

from burrow.channel import methods
from burrow.channel.channel import Channel
from burrow.connection import handshake
from burrow.connection.socket import CLOSE_SECONDS, Socket
from burrow.errors import AmqpError, Hangup
from burrow.wire import frames

if TYPE_CHECKING:
    from burrow.broker import Broker
    from burrow.vhost import Vhost


class Connection(Socket):
    """One TCP connection. `stage` says what may come next:
    header, start-ok, tune-ok, open, running, closing, closed.
    """

    vhost: Vhost | None = None

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker)
        self.user = ""
        self.stage = "header"
        self.frame_max = frames.MAX_FRAME
        self.channel_max = handshake.CHANNEL_MAX
        self.channels: dict[int, Channel] = {}
        self.capabilities: dict[str, Any] = {}
        self.published = False
        self._rest = b""

    # --- the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.broker.connections.add(self)
        self.later(handshake.SECONDS, self._give_up)

    def _give_up(self) -> None:
        if self.vhost is None:  # a client that did not finish its handshake in time
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.stage = "closed"
        self.broker.connections.discard(self)
        super().connection_lost(exc)
        self._release()

    def _release(self) -> None:
        """Its channels end, and its exclusive queues with them."""
        channels, self.channels = self.channels, {}
        for channel in channels.values():
            channel.closing = True  # what one gives back must not go to the next
        for channel in channels.values():
            channel.close()
        if self.vhost is not None:
            self.vhost.remove_exclusive(self)

    def send(self, reply: base.Frame) -> None:
        """Send a method on channel 0."""
        self.write(frames.encode(0, reply))

    # --- frames in

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        data = self._rest + data if self._rest else data
        start = 0
        self.broker.in_turn = True
        try:
            if self.stage == "header":
                start = handshake.on_header(self, data)
            start = self._frames(data, start)
        except AmqpError as error:
            self.fail(error)
            start = len(data)
        except Hangup as why:
            self._hang_up(str(why))
        except Exception:
            traceback.print_exc()  # a bug in burrow: this client is told, the others go on
            self.fail(AmqpError(541, ""))
            start = len(data)
        self._rest = data[start:] if start < len(data) else b""
        self.broker.end_turn()

    def _frames(self, data: bytes, start: int) -> int:
        """Handle the whole frames in `data` from `start`; where the first that is not whole begins.

        Raises 501 for what is no frame.
        """
        end = len(data)
        while end - start > frames.HEAD.size and self.stage not in ("header", "closed"):
            kind, number, size = frames.HEAD.unpack_from(data, start)
            if size > self.frame_max - frames.OVERHEAD:
                problem = f"{{frame_too_large,{size},{self.frame_max - frames.OVERHEAD}}}"
                raise frames.broken(kind, data[start : start + frames.HEAD.size], problem)
            stop = start + frames.HEAD.size + size
            if stop >= end:
                break
            if data[stop] != frames.END:
                problem = f"{{invalid_frame_end_marker,{data[stop]}}}"
                raise frames.broken(kind, data[start:], problem)
            payload = data[start + frames.HEAD.size : stop]
            start = stop + 1
            channel = self.channels.get(number)
            if channel is None or channel.closing or self.stage != "running":
                self._on_frame(kind, number, payload)
            else:
                self._on_channel_frame(channel, kind, payload)
        return start

    def _on_channel_frame(self, channel: Channel, kind: int, payload: bytes) -> None:
        """A frame of an open channel, which closes when it is refused with a soft error."""
        content = channel.content
        refused = payload if content.method is None else frames.PUBLISH
        try:
            if kind == frames.HEADER:
                content.on_header(payload)
            elif kind == frames.BODY:
                content.on_body(payload)
            elif kind != frames.METHOD:
                self._on_frame(kind, channel.number, payload)
            elif content.method is not None:
                raise content.unexpected()
            elif payload.startswith(frames.PUBLISH):
                content.method = frames.publish(payload)
                if not self.published:
                    self.published = True
                    self.broker.check_memory()
            elif payload.startswith(frames.ACK):
                channel.on_ack(payload)
            else:
                methods.handle(channel, payload)
        except AmqpError as error:
            if refused is frames.PUBLISH or kind == frames.METHOD:
                error.blame(refused)
            if error.hard:
                raise
            channel.close()
            channel.send(commands.Channel.Close(error.code, error.text, *(error.method or (0, 0))))

    def _on_frame(self, kind: int, number: int, payload: bytes) -> None:
        """Frames for channel 0, and for channels that are not open."""
        if kind == frames.HEARTBEAT and number:
            raise frames.broken(kind, payload, code=505)
        if kind in (frames.HEADER, frames.BODY):
            if number not in self.channels and self.stage != "closing":
                raise AmqpError(504 if number else 503, "content on a channel that is not open")
        elif kind == frames.METHOD:
            try:
                self._on_method(number, frames.method(payload))
            except AmqpError as error:
                if error.code not in (403, 530):
                    error.blame(payload)
                raise
        elif kind != frames.HEARTBEAT:
            raise frames.broken(kind, payload, "unknown_frame")

    def _on_method(self, number: int, m: base.Frame) -> None:
        if self.stage == "closing":
            if isinstance(m, commands.Connection.CloseOk | commands.Connection.Close):
                self.drop()  # a close that crossed ours has said all there is to say
        elif number == 0:
            self._on_connection_method(m)
        elif number not in self.channels:
            self._open_channel(number, m)
        elif isinstance(m, commands.Channel.CloseOk):  # the channel is closing: all else is late
            del self.channels[number]
        elif isinstance(m, commands.Channel.Close):
            self.channels.pop(number).send(commands.Channel.CloseOk())

    def _open_channel(self, number: int, m: base.Frame) -> None:
        if self.vhost is None or self.stage != "running":
            raise Hangup(f"{m.name} before the connection is open")
        if not isinstance(m, commands.Channel.Open):
            raise AmqpError(504, "expected 'channel.open'")
        if (most := len(self.channels)) >= self.channel_max:
            reached = f"the negotiated channel_max ({self.channel_max})"
            raise AmqpError(530, f"number of channels opened ({most}) has reached {reached}")
        channel = self.channels[number] = Channel(self, self.vhost, number)
        channel.send(commands.Channel.OpenOk())

    def _on_connection_method(self, m: base.Frame) -> None:
        if isinstance(m, commands.Connection.Close):
            self.stage = "closing"
            self._release()
            self.send(commands.Connection.CloseOk())
            self.drop()
        elif self.stage != "running":
            handshake.answer(self, m)
        elif isinstance(m, commands.Connection.UpdateSecret):
            self.send(commands.Connection.UpdateSecretOk())
        else:
            raise AmqpError(504, "unexpected method in connection state running")

    # --- pauses

    def block(self, blocked: bool) -> None:
        """Stop, or go on, reading from a connection that publishes; tells it when it can be."""
        if blocked == self.blocked or self.stage != "running":
            return
        if self.capabilities.get("connection.blocked"):
            news = commands.Connection.Blocked("low on memory")
            self.send(news if blocked else commands.Connection.Unblocked())
        self.pause(blocked)

    def relieved(self) -> None:
        """Consumers that stood aside can take messages again."""
        for channel in self.channels.values():
            for consumer in list(channel.consumers.values()):
                if consumer.waiting:
                    consumer.queue.consumers.wake(consumer)

    # --- the end

    def fail(self, error: AmqpError) -> None:
        """Close the connection with an error, if the handshake has come far enough to tell."""
        if self.stage == "closing":
            self.drop()
            return
        stage, self.stage = self.stage, "closing"
        if stage == "running" or error.code == 403 or (stage, error.code) == ("open", 530):
            self._release()
            numbers = (0, 0) if error.text == "INTERNAL_ERROR" else error.method or (0, 0)
            self.send(commands.Connection.Close(error.code, error.text, *numbers))
            self.later(CLOSE_SECONDS, self.drop)
            self.transport.resume_reading()  # its close-ok may wait behind what it published
        else:
            self._hang_up(error.text)

    def _hang_up(self, why: str) -> None:
        self.broker.say(f"closed a connection: {why}")
        self._release()
        self.drop()

    def drop(self) -> None:
        self.stage = "closed"
        super().drop()
