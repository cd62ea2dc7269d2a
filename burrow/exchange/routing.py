"""From a message to its queues: bindings, alternate exchanges, and dead letters.

RabbitMQ docs: "Exchanges", "Alternate Exchanges", "Dead Letter Exchanges".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from burrow import deadletters
from burrow.exchange.exchanges import Exchange, HeadersExchange
from burrow.message import Message
from burrow.queue.classic import Queue
from burrow.wire import tables

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
        cacheable = len(keys) == 1
        known = self._routes.get((exchange.name, keys[0])) if cacheable else None
        if known is not None:
            return known
        found: dict[Queue, None] = {}
        headers: dict[str, Any] = {}
        todo, seen = [exchange], {exchange.name}
        while todo:
            current = todo.pop()
            if isinstance(current, HeadersExchange):
                cacheable = False
                headers = headers or _headers(message)
            matches = list(self._matches(current, keys, headers))
            if not matches and (name := current.arguments.get("alternate-exchange")) is not None:
                matches = [self._vhost.exchanges[name]] if name in self._vhost.exchanges else []
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

    def _matches(
        self, exchange: Exchange, keys: Iterable[str], headers: dict[str, Any]
    ) -> Iterable[Exchange | Queue]:
        for key in keys:
            if exchange.name:
                yield from exchange.match(key, headers)
            elif key in self._vhost.queues:
                yield self._vhost.queues[key]

    def publish(self, message: Message, queues: Iterable[Queue]) -> bool:
        """Give a message to each of its queues; False when one refused it. Whatever dies by it
        is dead-lettered after all of them have it, as in RabbitMQ.
        """
        outer, self._burying = self._burying, True
        try:
            answers = [queue.publish(message) for queue in queues if not queue.deleted]
        finally:
            self._burying = outer
        self._bury_all()
        return all(answers)

    # --- dead letters

    def dead_letter(self, source: Queue, message: Message, reason: str, failures: int) -> None:
        """Publish a dead message to its queue's dead-letter exchange.

        One death can cause the next; they are worked off one after the other, not nested.
        """
        self._dead.append((source, message, reason, failures))
        self._bury_all()

    def _bury_all(self) -> None:
        while self._dead and not self._burying:
            self._burying = True
            try:
                self._bury(*self._dead.popleft())
            finally:
                self._burying = False

    def _bury(self, source: Queue, message: Message, reason: str, failures: int) -> None:
        exchange = self._vhost.exchanges.get(source.dead_letter_exchange or "")
        if exchange is None:
            return
        key = source.arguments.get("x-dead-letter-routing-key")
        dead = deadletters.dead_letter(message, source.name, reason, exchange.name, key, failures)
        for queue in self.route(exchange, dead):
            cycle = dead.deaths is not None and dead.deaths.is_cycle(queue.name)
            if reason == "rejected" or not cycle:
                queue.publish(dead)


def _headers(message: Message) -> dict[str, Any]:
    try:
        fields = message.properties.headers or ()
        return {name.decode(errors="replace"): tables.decode(value) for name, value in fields}
    except ValueError:
        return {}
