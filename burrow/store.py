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

from burrow.deadletters import Death, Deaths
from burrow.exchange.exchanges import TYPES, Binding, Exchange
from burrow.message import Message, read_properties
from burrow.queue.arguments import Arguments
from burrow.queue.classic import Queue
from burrow.queue.ready import Entry

if TYPE_CHECKING:
    from burrow.broker import Broker
    from burrow.vhost import Vhost

FILE = "broker.sqlite3"
SCHEMA = """
create table if not exists definition (kind text, vhost text, name text, value text,
    primary key (kind, vhost, name));
create table if not exists message (queue integer, sequence integer, meta text, header blob,
    body blob, primary key (queue, sequence)) without rowid;
"""
_CLOSED = 1  # the file's user_version after a clean stop, 0 while a broker runs or has crashed
_DELETE = "delete from definition where kind = ? and vhost = ? and name = ?"
Row = tuple[Any, ...]


class Store:
    """The broker's memory beyond its life. Raises OSError when another broker has the file."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._broker = broker
        self._db = sqlite3.connect(
            folder / FILE, check_same_thread=False, isolation_level=None, timeout=1
        )
        try:
            self._db.execute("pragma locking_mode = exclusive")
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
            self._db.executescript(SCHEMA)
        except sqlite3.OperationalError as why:
            raise OSError(f"{folder} is in use by another broker: {why}") from None
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="burrow-store")
        self._ids: dict[Queue, int] = {}
        self._next_id = 1
        self._added: dict[tuple[int, int], Row] = {}
        self._changes: list[tuple[str, Row]] = []
        self._waiting: list[Callable[[], None]] = []
        self._writing = self._scheduled = False

    @property
    def dirty(self) -> bool:
        """Whether something is not yet on disk."""
        return bool(self._writing or self._added or self._changes)

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
        key, message = (number, entry.sequence), entry.message
        self._added[key] = (*key, _meta(entry), message.header, message.body)
        self._schedule()

    def remove(self, queue: Queue, entry: Entry) -> None:
        """A message left its queue; one that was never written never will be."""
        key = (self._ids.get(queue, 0), entry.sequence)
        if self._added.pop(key, None) is None:
            self._change("delete from message where queue = ? and sequence = ?", *key)

    def save(self, thing: Exchange | Queue, vhost: Vhost) -> None:
        """A durable exchange or queue was declared."""
        options: list[Any] = [thing.type, thing.auto_delete, thing.arguments.raw.hex()]
        if isinstance(thing, Queue):
            options.append(self._next_id)
            self._ids[thing] = self._next_id
            self._next_id += 1
        else:
            options.append(thing.internal)
        self._define(thing.kind, vhost, thing.name, options)

    def delete(self, thing: Exchange | Queue, vhost: Vhost) -> None:
        """It was deleted, and a queue's messages with it."""
        self._change(_DELETE, thing.kind, vhost.name, thing.name)
        if isinstance(thing, Queue) and (number := self._ids.pop(thing, None)) is not None:
            self._added = {k: v for k, v in self._added.items() if k[0] != number}
            self._change("delete from message where queue = ?", number)

    def save_binding(self, binding: Binding, vhost: Vhost, source: str) -> None:
        """A durable exchange was bound to something durable."""
        to, arguments = binding.destination, binding.arguments.raw.hex()
        place = [source, to.kind, to.name, binding.key, arguments]
        self._define("binding", vhost, _name(source, binding), place)

    def delete_binding(self, binding: Binding, vhost: Vhost, source: str) -> None:
        """A binding was removed."""
        self._change(_DELETE, "binding", vhost.name, _name(source, binding))

    def _define(self, kind: str, vhost: Vhost, name: str, value: list[Any]) -> None:
        values = kind, vhost.name, name, json.dumps(value)
        self._change("replace into definition values (?, ?, ?, ?)", *values)

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
        if not self.dirty:
            for callback in waiting:
                callback()
            return
        self._writing = True
        loop = asyncio.get_running_loop()
        done = self._writer.submit(self._write, *self._take())
        done.add_done_callback(lambda _: loop.call_soon_threadsafe(self._written, done, waiting))

    def _take(self) -> tuple[list[tuple[str, Row]], list[Row]]:
        work = self._changes, list(self._added.values())
        self._changes, self._added = [], {}
        return work

    def _write(self, changes: list[tuple[str, Row]], added: list[Row]) -> None:
        self._db.execute("begin")
        for statement, values in changes:
            self._db.execute(statement, values)
        self._db.executemany("insert into message values (?, ?, ?, ?, ?)", added)
        self._db.execute("commit")

    def _written(self, done: Future[None], waiting: list[Callable[[], None]]) -> None:
        self._writing = False
        if (why := done.exception()) is not None:
            self._broker.disk_failed(why)  # confirm nothing: it is not on disk
            return
        for callback in waiting:
            callback()
        if self._waiting or self.dirty:
            self._schedule()

    def close(self) -> None:
        """Write what is left, with what messages went through, and close the file."""
        self._writer.shutdown(wait=True)
        self._write(*self._take())
        for queue, number in self._ids.items():
            seen = [one for one in queue.ready.entries() if one.stored and one.acquired]
            self._db.executemany(
                "update message set meta = ? where queue = ? and sequence = ?",
                [(_meta(entry), number, entry.sequence) for entry in seen],
            )
        self._db.execute(f"pragma user_version = {_CLOSED}")
        self._db.close()

    # --- reading

    def load(self) -> None:
        """Restore everything into the broker, which is empty."""
        (left,) = self._db.execute("pragma user_version").fetchone()
        self._db.execute("pragma user_version = 0")
        for vhost, name, (kind, auto_delete, raw, internal) in self._definitions("exchange"):
            arguments = Arguments(bytes.fromhex(raw))
            vhost.exchanges[name] = TYPES[kind](name, arguments, True, auto_delete, internal)
        for vhost, name, (_, auto_delete, raw, number) in self._definitions("queue"):
            queue = vhost.make_queue(name, Arguments(bytes.fromhex(raw)), True, auto_delete)
            self._ids[queue] = number
            self._next_id = max(self._next_id, number + 1)
            self._load_messages(queue, number, crashed=left != _CLOSED)
        for vhost, _, (source, kind, name, key, raw) in self._definitions("binding"):
            to = (vhost.queues if kind == "queue" else vhost.exchanges).get(name)
            if to is not None and source in vhost.exchanges:
                vhost.bind(source, Binding(key, to, Arguments(bytes.fromhex(raw))))
        self._take()  # binding again has asked to save what is already there

    def _definitions(self, kind: str) -> list[tuple[Vhost, str, list[Any]]]:
        rows = self._db.execute("select * from definition where kind = ?", (kind,))
        return [(self._broker.vhost(row[1]), row[2], json.loads(row[3])) for row in rows]

    def _load_messages(self, queue: Queue, number: int, crashed: bool) -> None:
        rows = self._db.execute(
            "select sequence, meta, header, body from message where queue = ? order by sequence",
            (number,),
        )
        for sequence, meta, header, body in rows:
            exchange, keys, blind, carried, deaths, *place = json.loads(meta)
            if deaths is not None:
                first, records, size = deaths
                deaths = Deaths(Death(*first), tuple(Death(*one) for one in records), size)
            properties = read_properties(header)
            message = Message(
                exchange, tuple(keys), header, body, properties, deaths, blind, carried
            )
            priority, expires, acquired, failures = place
            if crashed and queue.type == "classic":
                acquired = 1  # who knows: all of them may have been delivered
            entry = Entry(message, sequence, priority, expires, acquired, failures, stored=True)
            entry.redelivered = acquired > 0 or carried > 0
            queue.restore(entry)


def _name(source: str, binding: Binding) -> str:
    return repr((source, *binding.identity))


def _meta(entry: Entry) -> str:
    """What a row of the table message holds beside header and body."""
    message = entry.message
    sent = message.exchange, message.keys, message.blind, message.failures, message.deaths
    place = entry.priority, entry.expires, entry.acquired, entry.failures
    return json.dumps([*sent, *place])
