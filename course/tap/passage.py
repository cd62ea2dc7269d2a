"""One direction of a connection: what comes is understood, recorded, and passed on.

Where no rule can act, everything that came at once goes on at once. Where one can, each frame is
judged before it passes; a message is judged as a whole, as soon as its beginning is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from course.tap.entry import Entry
from course.tap.event import PREVIEW_BYTES
from course.tap.frames import METHOD, Span
from course.tap.gate import Gate
from course.tap.rules import Fate, Rule, decide
from course.tap.side import Side
from course.tap.stream import Stream, Undecodable

if TYPE_CHECKING:
    from course.tap.link import Link

_LOST = Fate(lost=True)


class Passage:
    """From `source` to `target`."""

    def __init__(self, link: Link, source: Side, target: Side) -> None:
        self.link = link
        self.sender = source.sender
        self.stream = Stream(source.sender, link)
        self.gate = Gate(source, target, link.hub.limits.held)
        self._judging = False
        self._undecided: dict[int, list[bytes]] = {}  # by channel: the beginning of a message
        self._copies: dict[int, list[bytes]] = {}

    def feed(self, chunk: bytes) -> None:
        """Pass on what the source sent."""
        link, stream = self.link, self.stream
        data, spans = stream.frames.feed(chunk)
        rules = tuple(r for r in link.hub.rules if r.concerns(link.name, self.sender))
        unfinished = self._judging and bool(stream.contents or self.gate.queues)
        self._judging = bool(rules) or link.blackhole or unfinished
        try:
            if self._judging:
                self._judge(data, spans, rules)
            else:
                self._hurry(data, spans)
            problem = stream.frames.problem
        except Undecodable as error:
            problem = str(error)
        if problem and not link.closed:
            link.malformed(self.sender, problem)

    def _hurry(self, data: bytes, spans: list[Span]) -> None:
        out: list[bytes] = []
        start = passed = 0
        link, understand = self.link, self.stream.understand
        try:
            for kind, channel, pos, end in spans:
                entry, changed = understand(kind, channel, data, pos, end)
                if changed is not None:
                    out += (data[start:pos], changed)
                    start = end
                passed = end
                if entry is not None:
                    link.record(entry)
        finally:  # what came before a frame that cannot be understood
            if passed > start:
                out.append(data if not start and passed == len(data) else data[start:passed])
            if out:
                self.gate.write(out[0] if len(out) == 1 else b"".join(out))

    def _judge(self, data: bytes, spans: list[Span], rules: tuple[Rule, ...]) -> None:
        for kind, channel, pos, end in spans:
            complete, changed = self.stream.understand(kind, channel, data, pos, end)
            frame = data[pos:end] if changed is None else changed
            entry = complete or self.stream.contents[channel].entry
            undecided = self._undecided.setdefault(channel, [])
            begun = kind != METHOD and not undecided  # its beginning passed before there were rules
            undecided.append(frame)
            if entry.fate is None:
                if not begun and complete is None and len(entry.body) < PREVIEW_BYTES:
                    continue
                self._decide(entry, () if begun else rules)
            frames = self._undecided.pop(channel)
            self._carry_out(channel, entry, frames, complete is not None)
            if self.link.closed:
                return

    def _decide(self, entry: Entry, rules: tuple[Rule, ...]) -> None:
        if self.link.blackhole:
            entry.fate = _LOST
            entry.facts["fault"] = "blackhole"
        else:
            entry.fate = decide(rules, self.link, self.sender, entry.method, entry.event)
            faults = [fault for fault, _ in entry.fate.acted if fault]
            if faults:
                entry.facts["fault"] = faults[-1]
        if not entry.fate.passes:
            self.link.take_back(entry)

    def _carry_out(self, channel: int, entry: Entry, frames: list[bytes], complete: bool) -> None:
        fate = entry.fate
        if complete or fate.cut == "before":
            self.link.record(entry)
        if fate.cut == "before":
            self.link.close("tap", fate.acted[-1][1])
            return
        if not fate.passes or self.link.blackhole:
            return
        data = b"".join(frames)
        cut = self._cut if complete and fate.cut == "after" else None
        locks, fate.locks = fate.locks, []
        again = self._again(channel, data, complete) if fate.copies > 1 else b""
        self.gate.send(channel, data, locks, entry, None if again else cut)
        if again:
            self.gate.send(channel, again, (), None, cut)

    def _again(self, channel: int, data: bytes, complete: bool) -> bytes:
        """The whole of what is to be sent twice, once it is complete."""
        copies = self._copies.setdefault(channel, [])
        copies.append(data)
        if sum(map(len, copies)) > self.link.hub.limits.held:  # too much to keep: sent once
            copies[:] = [b""]
        return b"".join(self._copies.pop(channel)) if complete else b""

    def _cut(self) -> None:
        self.link.close("tap", "cut after")
