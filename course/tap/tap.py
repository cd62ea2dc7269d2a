"""The tap: an AMQP 0-9-1 proxy on 127.0.0.1 that records what passes between client and broker."""

from __future__ import annotations

import asyncio
import datetime
import fnmatch
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from course.brokers.probe import address
from course.errors import CouldNotCheck
from course.tap.event import Event, header
from course.tap.hub import Hub
from course.tap.limits import Limits
from course.tap.log import Log
from course.tap.rules import Rule

T = TypeVar("T")
R = TypeVar("R", bound=Rule)
CLOSE_SECONDS = 3.0


@dataclass(frozen=True)
class Connection:
    """An open connection. `product` is what the client says it is; `opened` in the tap's time."""

    name: str
    product: str
    opened: float


class Tap:
    """Stands between clients and the broker at `upstream_url` (amqp or amqps), in its own thread.

    With `record` all events go to that file, as lines of JSON. `trace` follows single messages, by
    a header that only the broker sees. Raises CouldNotCheck if the URL is none.
    """

    def __init__(
        self,
        upstream_url: str,
        record: Path | None = None,
        trace: bool = True,
        limits: Limits | None = None,
    ) -> None:
        self._url = urlsplit(upstream_url)
        self._record = record
        self._trace = trace
        self._limits = limits or Limits()
        self._host, self._port = address(upstream_url)
        self._tls = _tls(upstream_url) if self._url.scheme == "amqps" else None
        self._servers: dict[str, asyncio.Server] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        opened = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        limits = self._limits
        first_line = header(opened, f"{self._host}:{self._port}")
        log = Log(limits.events, limits.event_bytes, self._record, first_line)
        self._loop = asyncio.new_event_loop()
        self._hub = Hub(self._loop, self._host, self._port, self._tls, log, limits, self._trace)
        self._thread = threading.Thread(target=self._loop.run_forever, name="tap", daemon=True)
        self._thread.start()
        self._writer = asyncio.run_coroutine_threadsafe(self._hub.keep_writing(), self._loop)
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._hub.log.close()

    def url(self, name: str) -> str:
        """The broker's URL for the client of that name: on 127.0.0.1, otherwise the same."""
        with self._lock:
            if name not in self._servers:
                self._servers[name] = self._run(self._listen(name))
            port = self._servers[name].sockets[0].getsockname()[1]
        user, at, _ = self._url.netloc.rpartition("@")
        query = [pair for pair in parse_qsl(self._url.query) if pair[0] != "ssl_options"]
        return urlunsplit(("amqp", f"{user}{at}127.0.0.1:{port}", self._url.path,
                           urlencode(query), ""))  # fmt: skip

    def events(self, after: int = 0) -> list[Event]:
        """The events so far, those after a number; only the newest are kept."""
        return self._hub.log.since(after)

    @property
    def last(self) -> int:
        """The number of the newest event; 0 if there is none."""
        return self._hub.log.last

    @property
    def now(self) -> float:
        """Seconds since the tap opened."""
        return self._hub.now()

    def wait_for(
        self, predicate: Callable[[Event], object], seconds: float, after: int = 0
    ) -> Event | None:
        """The first event after that number that fits; None if none came in time."""
        return self._hub.log.wait_for(predicate, seconds, after)

    def connections(self) -> list[Connection]:
        """The open connections, in the order in which they came."""

        async def look() -> list[Connection]:
            return [
                Connection(link.name, link.product, link.opened)
                for link in self._hub.links
                if not link.closed
            ]

        return self._run(look())

    def cut(self, name: str | None = None) -> int:
        """Cut the open connections whose name fits the pattern (None: all); return how many."""

        async def cut() -> int:
            found = [
                link
                for link in self._hub.links
                if not link.closed and (name is None or fnmatch.fnmatchcase(link.name, name))
            ]
            for link in found:
                link.cut("cut")
            return len(found)

        return self._run(cut())

    def add(self, rule: R) -> R:
        """Put a rule in force; returns it. One rule is for one tap."""

        async def add() -> None:
            rule.tap = self
            self._hub.rules = (*self._hub.rules, rule)

        self._run(add())
        return rule

    def remove(self, rule: Rule) -> None:
        """Put a rule out of force, if it is in force; what it holds goes on."""

        async def remove() -> None:
            if rule in self._hub.rules:
                self._hub.rules = tuple(other for other in self._hub.rules if other is not rule)
                for link in list(self._hub.links):
                    rule.end(link)

        self._run(remove())

    async def _listen(self, name: str) -> asyncio.Server:
        return await self._loop.create_server(
            lambda: self._hub.accept(name), "127.0.0.1", 0, backlog=100
        )

    async def _shut(self) -> None:
        for server in self._servers.values():
            server.close()
        links = list(self._hub.links)
        for link in links:
            link.close("tap", "the tap closes")
        deadline = self._loop.time() + 0.5
        while self._hub.links and self._loop.time() < deadline:
            await asyncio.sleep(0.01)
        for link in links:
            link.abort()
        self._writer.cancel()
        await asyncio.sleep(0)
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the tap's loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CLOSE_SECONDS + 10)


def _tls(url: str) -> tuple[Any, str]:
    """The TLS settings of an amqps URL, understood as pika understands them."""
    import pika

    try:
        parameters = pika.URLParameters(url)
    except (ValueError, OSError) as error:
        raise CouldNotCheck(f"the broker's URL does not say how to use TLS: {error}") from None
    options = parameters.ssl_options
    return options.context, options.server_hostname or parameters.host
