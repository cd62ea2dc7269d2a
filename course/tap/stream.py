"""What one side of a connection sends: understood, traced, put under the rules, and passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from course.tap import decode, trace
from course.tap.entry import Entry
from course.tap.event import PREVIEW_BYTES
from course.tap.frames import BODY, HEAD, HEAD_SIZE, HEADER, METHOD, Frames
from course.tap.session import Channel, tag_of

if TYPE_CHECKING:
    from course.tap.link import Link

PUBLISH, RETURN, DELIVER = b"\x00\x3c\x00\x28", b"\x00\x3c\x00\x32", b"\x00\x3c\x00\x3c"
GET_OK, ACK = b"\x00\x3c\x00\x47", b"\x00\x3c\x00\x50"
REJECT, NACK = b"\x00\x3c\x00\x5a", b"\x00\x3c\x00\x78"
_CONTENT = {"client": (PUBLISH,), "broker": (DELIVER, GET_OK, RETURN)}


class Content:
    """A message that is on its way on one channel: its entry, and how much of it is to come."""

    __slots__ = ("entry", "left")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.left = -1  # bytes of the body; -1 before the header


class Undecodable(Exception):
    """A frame whose payload is not what AMQP says."""


class Stream:
    """One direction of a connection. `sender` is "client" or "broker"."""

    def __init__(self, sender: str, link: Link) -> None:
        self.sender = sender
        self.link = link
        self.frames = Frames(link.hub.limits.frame)
        self.contents: dict[int, Content] = {}

    def understand(
        self, kind: int, channel: int, data: bytes, pos: int, end: int
    ) -> tuple[Entry | None, bytes | None]:
        """An entry if the frame completes one, and the bytes to pass on if they are others.

        Raises Undecodable.
        """
        try:
            if kind == METHOD:
                return self._method(channel, data[pos + HEAD_SIZE : end - 1]), None
            if kind == HEADER:
                return self._header(channel, data[pos + HEAD_SIZE : end - 1])
            if kind == BODY:
                return self._body(channel, data, pos + HEAD_SIZE, end - 1), None
        except decode.UNDECODABLE as error:
            raise Undecodable(f"a frame that cannot be decoded: {error}") from None
        return self._entry(channel, "heartbeat"), None

    def _entry(self, channel: int, name: str, **values: Any) -> Entry:
        link = self.link
        return Entry(link.hub.now(), link.name, channel, self.sender, name, **values)

    def _method(self, number: int, payload: bytes) -> Entry | None:
        if number in self.contents:
            raise Undecodable("a method in the middle of a message")
        index = payload[:4]
        name = decode.NAMES.get(index)
        if name is None:
            raise Undecodable(f"no method has the number {index.hex(' ')}")
        if index in _CONTENT[self.sender]:
            if index == PUBLISH:  # the rest is decoded when somebody looks
                middle = 7 + payload[6]
                payload[middle + 1 + payload[middle]]
            self.contents[number] = Content(self._entry(number, name, payload=payload))
            return None
        if index == ACK:
            tag, multiple = tag_of(payload, 4)
            entry = self._entry(number, name, payload=payload)
            self._settled(entry, self.link.channel(number), tag, multiple)
            return entry
        decoded = decode.method(payload)
        entry = self._entry(number, name, decoded=decoded)
        if decoded is None or not number:
            self.link.told(self.sender, name, decoded)
            return entry
        channel = self.link.channel(number)
        if index in (NACK, REJECT):
            self._settled(entry, channel, *tag_of(payload, 4), reject=index == REJECT)
        elif self.sender == "client":
            entry.facts = channel.client(name, decoded)
        else:
            entry.facts = channel.broker(name, decoded)
        return entry

    def _settled(
        self, entry: Entry, channel: Channel, tag: int, multiple: bool, reject: bool = False
    ) -> None:
        facts = entry.facts
        if self.sender == "client":
            settled = channel.settle(tag, multiple and not reject)
            facts["messages"] = tuple([message for _, message in settled.values()])
            queues = {queue for queue, _ in settled.values()}
            if len(queues) == 1:
                facts["queue"] = queues.pop()
            entry.undo = settled
        else:
            confirmed = channel.confirm(tag, multiple)
            facts["messages"] = tuple(confirmed.values())
            settled = confirmed  # type: ignore[assignment]
        facts["delivery_tags"] = tuple(settled)
        if len(facts["messages"]) == 1:
            facts["message"] = facts["messages"][0]

    def _header(self, number: int, payload: bytes) -> tuple[Entry | None, bytes | None]:
        content = self.contents.get(number)
        if content is None or content.left >= 0:
            raise Undecodable("a content header where none belongs")
        entry = content.entry
        if len(payload) < 14:
            raise Undecodable("a content header that is cut short")
        content.left = entry.size = int.from_bytes(payload[4:12], "big")
        changed: bytes | None = None
        message = None
        hub = self.link.hub
        entry.header = payload
        if hub.trace:
            if self.sender == "client":
                message = hub.next_message()
                changed = trace.add(payload, message, self.link.header_limit)
                if changed is None:
                    message = None
            else:
                changed, message = trace.strip(payload)
                if message is None:
                    changed = None
                else:
                    entry.header = changed
        self._placed(entry, self.link.channel(number), message)
        if changed is not None:
            changed = b"%b%b\xce" % (HEAD.pack(HEADER, number, len(changed)), changed)
        return (self._complete(number) if not content.left else None), changed

    def _placed(self, entry: Entry, channel: Channel, message: str | None) -> None:
        payload, facts = entry.payload, entry.facts
        facts["message"] = message
        if self.sender == "client":
            channel.publish(message)
        elif payload.startswith(DELIVER):
            end = 5 + payload[4]
            tag, _ = tag_of(payload, end)
            facts.update(channel.delivered(tag, payload[5:end].decode(), message))
        elif payload.startswith(GET_OK):
            tag, _ = tag_of(payload, 4)
            facts.update(channel.got(tag, message))

    def _body(self, number: int, data: bytes, start: int, end: int) -> Entry | None:
        content = self.contents.get(number)
        if content is None or content.left < end - start:
            raise Undecodable("a content body where none belongs")
        content.left -= end - start
        entry = content.entry
        if len(entry.body) < PREVIEW_BYTES:
            entry.body += data[start : min(end, start + PREVIEW_BYTES)]
        return None if content.left else self._complete(number)

    def _complete(self, number: int) -> Entry:
        return self.contents.pop(number).entry
