"""One place through which every method of an open channel goes, apart from publish and ack: what
all of them have in common is checked here, then its function in topology.py or delivery.py acts.
"""

from collections.abc import Callable
from typing import Any

from pamqp import base, commands

from burrow.channel import delivery, topology
from burrow.channel.channel import Channel
from burrow.errors import AmqpError
from burrow.queue.arguments import read
from burrow.wire import frames

# A handler returns the reply, as a method or as a whole frame; None stands for a plain "ok".
Handler = Callable[[Channel, Any], base.Frame | bytes | None]
HANDLERS: dict[str, Handler] = {**vars(topology), **vars(delivery)}
_METHODS: dict[int, Any] = commands.INDEX_MAPPING
_BY_NAME = {kind.name: kind for kind in _METHODS.values()}


def handle(channel: Channel, payload: bytes) -> None:
    """Do what a method asks, and reply unless the client said `nowait`.

    Raises AmqpError and Hangup.
    """
    write = channel.connection.write
    if payload.startswith(frames.ACCESS_REQUEST):
        write(frames.frame(frames.METHOD, channel.number, frames.ACCESS_OK))
        return
    method: Any = frames.method(payload)
    handler = HANDLERS.get(method.name.lower().replace(".", "_"))
    if handler is None:
        raise _refused(method)
    if "arguments" in method:
        method.arguments = read(method, payload)
    _check_names(channel, method)
    reply = handler(channel, method)
    if getattr(method, "nowait", False) or not method.synchronous:
        return
    if reply is None:
        reply = _BY_NAME[method.valid_responses[0]]()
    write(reply if isinstance(reply, bytes) else frames.encode(channel.number, reply))


def _check_names(channel: Channel, method: Any) -> None:
    """An empty queue name is the queue that this channel declared last; line breaks go out of
    names; and the default exchange is not to be touched.
    """
    if "queue" in method and not method.queue and method.name != "Queue.Declare":
        if not channel.last_queue:
            raise AmqpError(404, "no previously declared queue")
        method.queue = channel.last_queue
        if "routing_key" in method and not method.routing_key:
            method.routing_key = method.queue
    for field in ("queue", "destination", "source", "exchange"):
        if field in method:
            name = getattr(method, field).replace("\r", "").replace("\n", "")
            setattr(method, field, name)
            if not name and field != "queue":
                raise AmqpError(403, "operation not permitted on the default exchange")


def _refused(method: base.Frame) -> AmqpError:
    if method.name in ("Basic.Deliver", "Basic.Return", "Basic.GetOk"):
        text = "expected content header for class 60, got non content header frame instead"
        return AmqpError(505, text)
    return AmqpError(503, "unimplemented method")
