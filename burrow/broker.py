"""The broker: its virtual hosts, its listening socket, its turns, its limits; how to start one."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from burrow.connection.connection import Connection
from burrow.errors import AmqpError
from burrow.queue.classic import Queue, now
from burrow.vhost import Vhost

if TYPE_CHECKING:
    from burrow.queue.consumers import Consumer
    from burrow.store import Store

BANNER = "burrow, the course's practice broker (not RabbitMQ): one node, see burrow/README.md"


def _memory_limit() -> int:
    """Four tenths of this machine's memory, in bytes."""
    try:
        return int(0.4 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError):  # not on Windows
        return 2**30


class Broker:
    """One node. `data` is a directory for durable queues and persistent messages, or None."""

    banner = BANNER
    version = "1.0.0"
    user = "guest"
    password = "guest"  # noqa: S105  (the published default of RabbitMQ, for loopback only)
    max_message = 16 * 2**20  # bytes, as in RabbitMQ
    max_connections = 2000

    def __init__(self, data: str | Path | None = None, *, memory_limit: int | None = None) -> None:
        self.data = None if data is None else Path(data)
        self.memory = 0  # bytes of queued messages
        self.memory_limit = _memory_limit() if memory_limit is None else memory_limit
        self.vhosts: dict[str, Vhost] = {}
        self.connections: set[Connection] = set()
        self.replies: dict[str, Consumer] = {}  # who waits for direct replies, by address
        self.store: Store | None = None
        self.port = 0
        self._server: asyncio.Server | None = None
        self._blocked = False
        self._soon: list[Callable[[], None]] = []
        self.in_turn = False  # what is asked for `soon` waits for `end_turn`

    # --- life

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Read what is on disk, and accept connections. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        if self.data is not None:
            from burrow.store import Store  # a broker without data starts faster

            self.store = Store(self, self.data)
            self.store.load()
        self._server = await loop.create_server(lambda: Connection(self), host, port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        self._watch = loop.call_later(1, self._tick)

    async def stop(self) -> None:
        """Tell every client, and close. Messages of a broker with `data` stay on disk."""
        if self._server is not None:
            self._server.close()
            self._watch.cancel()
        for connection in list(self.connections):
            reason = "broker forced connection closure with reason 'shutdown'"
            connection.fail(AmqpError(320, reason))
            connection.flush()
        for _ in range(20):
            if not self.connections:
                break
            await asyncio.sleep(0.02)
        for connection in list(self.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        if self.store is not None:
            self.store.close()

    def vhost(self, name: str) -> Vhost:
        """A virtual host, made on first use."""
        if name not in self.vhosts:
            self.vhosts[name] = Vhost(self, name)
        return self.vhosts[name]

    def drop_connections(self, asker: Connection) -> int:
        """Close all other connections of the asker's virtual host; how many there were."""
        others = [one for one in self.connections if one.vhost is asker.vhost and one is not asker]
        for connection in others:
            connection.fail(AmqpError(320, "closed from the broker's side"))
        return len(others)

    def say(self, text: str) -> None:
        """One line for the person at the terminal."""
        print(f"burrow: {text}", file=sys.stderr, flush=True)

    # --- turns: everything one read from a socket causes, then one write to each socket

    def soon(self, callback: Callable[[], None]) -> None:
        """Call back at the end of this turn."""
        if not self._soon and not self.in_turn:
            asyncio.get_running_loop().call_soon(self.end_turn)
        self._soon.append(callback)

    def end_turn(self) -> None:
        """Hand out messages, confirm publishes and write to sockets, in the order asked for."""
        self.in_turn = True
        try:
            while self._soon:
                work, self._soon = self._soon, []
                for callback in work:
                    callback()
        finally:
            self.in_turn = False

    def when_safe(self, callback: Callable[[], None]) -> None:
        """Call back once what was published so far is as safe as it gets: on disk, if there is
        a store, else at the end of this turn.
        """
        if self.store is not None and self.store.dirty:
            self.store.when_written(callback)
        else:
            self.soon(callback)

    def disk_failed(self, why: BaseException) -> None:
        """Nothing can be promised any more."""
        self.say(f"cannot write to {self.data}: {why}; closing all connections")
        for connection in list(self.connections):
            connection.fail(AmqpError(541, ""))

    # --- bounds

    def check_memory(self) -> None:
        """Block publishing connections above the limit, let them go on below nine tenths of it."""
        over = self.memory > self.memory_limit * (0.9 if self._blocked else 1)
        if over != self._blocked:
            self._blocked = over
            self.say("memory limit reached, publishers are blocked" if over else "publishers go on")
        for connection in self.connections:
            if connection.published:
                connection.block(over)

    def _tick(self) -> None:
        self.check_memory()
        self._watch = asyncio.get_running_loop().call_later(0.1, self._tick)

    def watch(self, queue: Queue) -> None:
        """Delete a queue with x-expires when it has been unused for that long (docs: Queue TTL)."""
        if queue.deleted or queue.expires is None:
            return
        left = queue.expires - (0 if queue.consumers.all else now() - queue.used)
        if left <= 0:
            queue.vhost.remove_queue(queue)
        else:
            asyncio.get_running_loop().call_later(left / 1000, self.watch, queue)


def url(port: int, vhost: str = "/", host: str = "127.0.0.1") -> str:
    """The AMQP URL of a broker on this machine."""
    return f"amqp://{Broker.user}:{Broker.password}@{host}:{port}/{quote(vhost, safe='')}"


@asynccontextmanager
async def serving(
    data: str | Path | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Run a broker in this event loop and give its URL; port 0 is any free one."""
    broker = Broker(data)
    await broker.start(host, port)
    broker.say(BANNER.removeprefix("burrow, "))
    try:
        yield url(broker.port, host=host)
    finally:
        await broker.stop()


@contextmanager
def running(
    data: str | Path | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[str]:
    """Run a broker in a thread of its own and give its URL; port 0 is any free one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="burrow", daemon=True)
    thread.start()
    broker = serving(data, host=host, port=port)

    def wait_for(step: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(step, loop).result()

    try:
        address: str = wait_for(broker.__aenter__())
        try:
            yield address
        finally:
            wait_for(broker.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
