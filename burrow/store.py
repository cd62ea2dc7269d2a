"""Durability: durable exchanges, queues, bindings and persistent messages in an SQLite file.

A broker with `--data` confirms a message only after its transaction is on disk. Changes collect
while the previous transaction is being written, so many of them share one.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burrow.arguments import Arguments
from burrow.deadletter import Deaths
from burrow.exchange import TYPES, Binding, Exchange, identity
from burrow.message import Message, read_properties
from burrow.queue import Queue
from burrow.quorum import QuorumQueue
from burrow.ready import Entry

if TYPE_CHECKING:
    from burrow.broker import Broker
    from burrow.vhost import Vhost

SCHEMA = """
create table if not exists exchange (vhost text, name text, options text,
    primary key (vhost, name));
create table if not exists queue (id integer primary key, vhost text, name text, options text);
create table if not exists binding (vhost text, source text, identity text, options text,
    primary key (vhost, source, identity));
create table if not exists message (queue integer, sequence integer, meta text, header blob,
    body blob, primary key (queue, sequence)) without rowid;
"""
_CLOSED = 1  # the file's user_version after a clean stop, 0 while a broker runs or has crashed
Change = tuple[str, tuple[Any, ...]]


class Store:
    """The broker's memory beyond its life. Raises OSError when another broker has the file."""

    def __init__(self, folder: Path, give_up: Callable[[BaseException], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "burrow.sqlite3", check_same_thread=False,
                                   isolation_level=None, timeout=1)  # fmt: skip
        try:
            self._db.execute("pragma locking_mode = exclusive")
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
            self._db.executescript(SCHEMA)
        except sqlite3.OperationalError as why:
            raise OSError(f"{folder} is in use by another broker: {why}") from None
        self._give_up = give_up
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="burrow-store")
        self._ids: dict[Queue, int] = {}
        self._next_id = 1
        self._added: dict[tuple[int, int], tuple[Any, ...]] = {}
        self._changes: list[Change] = []
        self._removed: list[tuple[int, int]] = []
        self._waiting: list[Callable[[], None]] = []
        self._writing = self._scheduled = False

    @property
    def dirty(self) -> bool:
        """Whether something is not yet on disk."""
        return bool(self._writing or self._added or self._changes or self._removed)

    def when_written(self, callback: Callable[[], None]) -> None:
        """Call back when everything up to now is on disk."""
        self._waiting.append(callback)
        self._schedule()

    # --- what the broker tells

    def add(self, queue: Queue, entry: Entry) -> None:
        """A persistent message came into a durable queue."""
        if (number := self._ids.get(queue)) is None:
            return  # an exclusive queue ends with its connection
        entry.stored = True
        self._added[number, entry.sequence] = (
            number, entry.sequence, _meta(entry), entry.message.header, entry.message.body
        )  # fmt: skip
        self._schedule()

    def remove(self, queue: Queue, entry: Entry) -> None:
        """A message left its queue; one that was never written never will be."""
        key = (self._ids.get(queue, 0), entry.sequence)
        if self._added.pop(key, None) is None:
            self._removed.append(key)
            self._schedule()

    def save_exchange(self, vhost: Vhost, exchange: Exchange) -> None:
        """A durable exchange was declared."""
        flags = exchange.auto_delete, exchange.internal
        options = json.dumps([exchange.type, *flags, exchange.arguments.written()])
        self._change("replace into exchange values (?, ?, ?)", vhost.name, exchange.name, options)

    def delete_exchange(self, vhost: Vhost, exchange: Exchange) -> None:
        """A durable exchange was deleted, and its bindings with it."""
        both = vhost.name, exchange.name
        self._change("delete from exchange where vhost = ? and name = ?", *both)
        self._change("delete from binding where vhost = ? and source = ?", *both)

    def save_queue(self, queue: Queue) -> None:
        """A durable queue was declared."""
        number = self._ids[queue] = self._next_id
        self._next_id += 1
        options = json.dumps([queue.auto_delete, queue.arguments.written()])
        names = queue.vhost.name, queue.name
        self._change("insert into queue values (?, ?, ?, ?)", number, *names, options)

    def delete_queue(self, queue: Queue) -> None:
        """A durable queue was deleted, and its messages with it."""
        if (number := self._ids.pop(queue, None)) is not None:
            self._added = {k: v for k, v in self._added.items() if k[0] != number}
            self._change("delete from queue where id = ?", number)
            self._change("delete from message where queue = ?", number)

    def save_binding(self, vhost: Vhost, exchange: Exchange, binding: Binding) -> None:
        """A durable exchange was bound to something durable."""
        to = binding.destination
        options = json.dumps([to.kind, to.name, binding.key, binding.arguments.written()])
        self._change("replace into binding values (?, ?, ?, ?)", vhost.name, exchange.name,
                     _identity(binding), options)  # fmt: skip

    def delete_binding(self, vhost: Vhost, exchange: Exchange, binding: Binding) -> None:
        """A binding was removed."""
        self._change("delete from binding where vhost = ? and source = ? and identity = ?",
                     vhost.name, exchange.name, _identity(binding))  # fmt: skip

    def _change(self, statement: str, *values: Any) -> None:
        self._changes.append((statement, values))
        self._schedule()

    # --- writing

    def _schedule(self) -> None:
        if not (self._scheduled or self._writing):
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        self._scheduled = False
        waiting, self._waiting = self._waiting, []
        if not (self._added or self._changes or self._removed):
            for callback in waiting:
                callback()
            return
        self._writing = True
        loop = asyncio.get_running_loop()
        done = self._writer.submit(self._write, *self._take())
        done.add_done_callback(lambda _: loop.call_soon_threadsafe(self._written, done, waiting))

    def _take(self) -> tuple[list[Change], list[tuple[Any, ...]], list[tuple[int, int]]]:
        work = self._changes, list(self._added.values()), self._removed
        self._changes, self._added, self._removed = [], {}, []
        return work

    def _write(self, changes: list[Change], added: list[tuple[Any, ...]],
               removed: list[tuple[int, int]]) -> None:  # fmt: skip
        self._db.execute("begin")
        for statement, values in changes:
            self._db.execute(statement, values)
        self._db.executemany("insert into message values (?, ?, ?, ?, ?)", added)
        self._db.executemany("delete from message where queue = ? and sequence = ?", removed)
        self._db.execute("commit")

    def _written(self, done: Future[None], waiting: list[Callable[[], None]]) -> None:
        self._writing = False
        if (why := done.exception()) is not None:
            self._give_up(why)  # confirm nothing: it is not on disk
            return
        for callback in waiting:
            callback()
        if self._waiting or self._added or self._changes or self._removed:
            self._schedule()

    def close(self) -> None:
        """Write what is left, with what messages went through, and close the file."""
        self._writer.shutdown(wait=True)
        self._write(*self._take())
        for queue, number in self._ids.items():
            self._db.executemany(
                "update message set meta = ? where queue = ? and sequence = ?",
                [(_meta(entry), number, entry.sequence) for entry in queue.ready.entries()
                 if entry.stored and entry.acquired],
            )  # fmt: skip
        self._db.execute(f"pragma user_version = {_CLOSED}")
        self._db.close()

    # --- reading

    def load(self, broker: Broker) -> None:
        """Restore everything into an empty broker."""
        (self._left,) = self._db.execute("pragma user_version").fetchone()
        self._db.execute("pragma user_version = 0")
        for vhost, name, options in self._db.execute("select * from exchange").fetchall():
            kind, auto_delete, internal, rows = json.loads(options)
            broker.vhost(vhost).exchanges[name] = TYPES[kind](
                name, auto_delete=auto_delete, internal=internal, arguments=Arguments.read(rows)
            )
        for number, vhost, name, options in self._db.execute("select * from queue").fetchall():
            self._load_queue(broker.vhost(vhost), number, name, *json.loads(options))
        for vhost, source, _, options in self._db.execute("select * from binding").fetchall():
            kind, name, key, arguments = json.loads(options)
            host = broker.vhost(vhost)
            to = (host.queues if kind == "queue" else host.exchanges).get(name)
            if to is not None and source in host.exchanges:
                host.bind(source, to, key, Arguments.read(arguments))
        self._take()  # binding again has asked to save what is already there

    def _load_queue(self, vhost: Vhost, number: int, name: str, auto_delete: bool,
                    arguments: list[Any]) -> None:  # fmt: skip
        restored = Arguments.read(arguments)
        kind = QuorumQueue if restored.get("x-queue-type") == "quorum" else Queue
        queue = kind(vhost, name, durable=True, owner=None, auto_delete=auto_delete,
                     arguments=restored)  # fmt: skip
        self._ids[queue] = number
        self._next_id = max(self._next_id, number + 1)
        vhost.add_queue(queue)
        rows = self._db.execute(
            "select sequence, meta, header, body from message where queue = ? order by sequence",
            (number,),
        )
        for sequence, meta, header, body in rows:
            exchange, keys, blind, carried, deaths, *place = json.loads(meta)
            priority, expires, acquired, failures = place
            message = Message(exchange, tuple(keys), header, body, read_properties(header),
                              Deaths.read(deaths) if deaths else None, blind=blind,
                              failures=carried)  # fmt: skip
            entry = Entry(message, sequence, priority, expires)
            entry.acquired, entry.failures, entry.stored = acquired, failures, True
            if self._left != _CLOSED and queue.type == "classic":
                entry.acquired = 1  # who knows: after a crash, all of them may have been delivered
            queue.restore(entry)


def _meta(entry: Entry) -> str:
    """What a row of the table message holds beside header and body."""
    message = entry.message
    deaths = None if message.deaths is None else message.deaths.written()
    return json.dumps([message.exchange, message.keys, message.blind, message.failures, deaths,
                       entry.priority, entry.expires, entry.acquired, entry.failures])  # fmt: skip


def _identity(binding: Binding) -> str:
    return repr(identity(binding.key, binding.destination, binding.arguments))
