"""From a message to its queues: bindings, alternate exchanges, and dead letters.

RabbitMQ docs: "Exchanges", "Alternate Exchanges", "Dead Letter Exchanges".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from burrow import deadletter, tables
from burrow.exchange import Exchange
from burrow.message import Message
from burrow.queue import Queue

if TYPE_CHECKING:
    from burrow.vhost import Vhost

_MAX_ROUTES = 2000


class Routing:
    """The way of messages through one virtual host."""

    def __init__(self, vhost: Vhost) -> None:
        self._vhost = vhost
        self._routes: dict[tuple[str, str], tuple[Queue, ...]] = {}
        self._dead: deque[tuple[Queue, Message, str, int]] = deque()
        self._burying = False

    def forget(self) -> None:
        """A binding, an exchange or a queue has changed: find all routes anew."""
        self._routes.clear()

    def route(self, exchange: Exchange, message: Message) -> tuple[Queue, ...]:
        """The queues of a message, each once, by its keys, headers and alternate exchanges."""
        keys = message.keys
        known = self._routes.get((exchange.name, keys[0])) if len(keys) == 1 else None
        if known is not None:
            return known
        found: dict[Queue, None] = {}
        cacheable = len(keys) == 1
        headers: dict[str, Any] | None = None
        todo, seen = [exchange], {exchange.name}
        while todo:
            current = todo.pop()
            if current.by_headers:
                cacheable = False
                headers = _headers(message) if headers is None else headers
            matches = list(self._matches(current, keys, headers or {}))
            if not matches and current.alternate in self._vhost.exchanges:
                matches = [self._vhost.exchanges[str(current.alternate)]]
            for match in matches:
                if isinstance(match, Queue):
                    found[match] = None
                elif match.name not in seen:
                    seen.add(match.name)
                    todo.append(match)
        queues = tuple(found)
        if cacheable:
            if len(self._routes) > _MAX_ROUTES:
                self._routes.clear()
            self._routes[exchange.name, keys[0]] = queues
        return queues

    def _matches(self, exchange: Exchange, keys: Iterable[str],
                 headers: dict[str, Any]) -> Iterable[Exchange | Queue]:  # fmt: skip
        for key in keys:
            if exchange.name == "":
                if key in self._vhost.queues:
                    yield self._vhost.queues[key]
            else:
                yield from exchange.match(key, headers)

    # --- dead letters

    def dead_letter(self, source: Queue, message: Message, reason: str, failures: int) -> None:
        """Publish a dead message to its queue's dead-letter exchange.

        One death can cause the next; they are worked off one after the other, not nested.
        """
        self._dead.append((source, message, reason, failures))
        if not self._burying:
            self._bury_all()

    def publish(self, message: Message, queues: Iterable[Queue]) -> bool:
        """Give a message to each of its queues; False when one refused it. Whatever dies by it
        is dead-lettered after all of them have it, as in RabbitMQ.
        """
        outer, self._burying = self._burying, True
        try:
            answers = [queue.publish(message) for queue in queues if not queue.deleted]
            accepted = all(answers)
        finally:
            self._burying = outer
        if self._dead and not outer:
            self._bury_all()
        return accepted

    def _bury_all(self) -> None:
        self._burying = True
        try:
            while self._dead:
                self._bury(*self._dead.popleft())
        finally:
            self._burying = False

    def _bury(self, source: Queue, message: Message, reason: str, failures: int) -> None:
        exchange = self._vhost.exchanges.get(source.dead_letter_exchange or "")
        if exchange is None:
            return
        dead = deadletter.dead_letter(message, source.name, reason, exchange.name,
                                      source.dead_letter_key, failures)  # fmt: skip
        for queue in self.route(exchange, dead):
            if reason != "rejected" and dead.deaths and dead.deaths.is_cycle(queue.name):
                continue
            queue.publish(dead)


def _headers(message: Message) -> dict[str, Any]:
    try:
        return {
            name.decode(errors="replace"): tables.decode_value(value)
            for name, value in message.properties.headers or ()
        }
    except ValueError:
        return {}
