"""What all connections of a tap share: the broker's address, the log, the clock, the limits."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time

from course.tap.limits import Limits
from course.tap.link import Link
from course.tap.log import Log
from course.tap.rules import Rule
from course.tap.side import Side

CONNECT_SECONDS = 10.0
WRITE_SECONDS = 0.05  # how long an event may wait for its place in the record


class Hub:
    """Lives in the tap's loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        host: str,
        port: int,
        tls: tuple[ssl.SSLContext, str] | None,
        log: Log,
        limits: Limits,
        trace: bool,
    ) -> None:
        self.loop = loop
        self.host, self.port, self.tls = host, port, tls
        self.log = log
        self.limits = limits
        self.trace = trace
        self.rules: tuple[Rule, ...] = ()
        self.links: dict[Link, None] = {}
        self._opened = time.perf_counter()
        self._run = secrets.token_hex(3)
        self._messages = 0
        self._counts: dict[str, int] = {}

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def now(self) -> float:
        """Seconds since the tap opened."""
        return time.perf_counter() - self._opened

    def next_message(self) -> str:
        """The identity of one more message; no other tap gives the same."""
        self._messages += 1
        return f"{self._run}-{self._messages}"

    def accept(self, name: str) -> asyncio.Protocol:
        """The protocol of one more connection to the port of that name."""
        count = self._counts[name] = self._counts.get(name, 0) + 1
        link = Link(self, name if count == 1 else f"{name}#{count}")
        if sum(not other.closed for other in self.links) >= self.limits.connections:
            link.close("tap", f"more than {self.limits.connections} connections")
        self.links[link] = None
        return link.client

    def forget(self, link: Link) -> None:
        self.links.pop(link, None)

    async def connect(self, side: Side) -> None:
        """Connect to the broker. Raises OSError or TimeoutError."""
        context, name = self.tls or (None, None)
        async with asyncio.timeout(CONNECT_SECONDS):
            await self.loop.create_connection(
                lambda: side, self.host, self.port, ssl=context, server_hostname=name
            )

    async def keep_writing(self) -> None:
        """Write the record, some events at a time."""
        while self.log.recording:
            done = self.log.write()
            await asyncio.sleep(WRITE_SECONDS if done else 0)
