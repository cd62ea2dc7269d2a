"""A virtual host: the names of exchanges and queues, their bindings, and routing between them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from burrow.arguments import (
    Arguments,
    check_declared,
    check_redeclared,
    equivalent,
    equivalent_argument,
)
from burrow.errors import AmqpError, not_found, unsupported
from burrow.exchange import TYPES, Binding, Exchange, identity
from burrow.queue import Queue
from burrow.quorum import QuorumQueue
from burrow.routing import Routing

if TYPE_CHECKING:
    from burrow.broker import Broker

PREDECLARED = {
    "": "direct", "amq.direct": "direct", "amq.fanout": "fanout", "amq.topic": "topic",
    "amq.headers": "headers", "amq.match": "headers",
}  # fmt: skip


class Vhost:
    """Everything that one virtual host holds."""

    def __init__(self, broker: Broker, name: str) -> None:
        self.broker = broker
        self.name = name
        self.queues: dict[str, Queue] = {}
        self.exchanges: dict[str, Exchange] = {n: TYPES[t](n) for n, t in PREDECLARED.items()}
        trace = TYPES["topic"]("amq.rabbitmq.trace", internal=True)
        self.exchanges[trace.name] = trace
        self.routing = Routing(self)
        self._exclusive: dict[object, set[Queue]] = {}  # by the connection that owns them

    # --- exchanges

    def exchange(self, name: str) -> Exchange:
        """Raises 404."""
        found = self.exchanges.get(name)
        if found is None:
            raise not_found("exchange", name, self.name)
        return found

    def declare_exchange(self, name: str, kind: str, *, durable: bool, auto_delete: bool,
                         internal: bool, arguments: Arguments) -> None:  # fmt: skip
        """Create an exchange, or check that the one there is equivalent (406 when not)."""
        if kind in ("x-modulus-hash", "x-local-random"):
            raise unsupported(f"exchange type {kind}", "RabbitMQ")
        if kind not in TYPES:
            raise AmqpError(406, f"{'unknown' if kind else 'invalid'} exchange type '{kind}'")
        alternate = "alternate-exchange"
        if not isinstance(arguments.get(alternate, ""), str):
            raise AmqpError(
                406, f"invalid type '{arguments.types[alternate]}' for arg '{alternate}' in "
                f"exchange '{name}' in vhost '{self.name}'"
            )  # fmt: skip
        old = self.exchanges.get(name)
        if old is not None:
            where = f"for exchange '{name}' in vhost '{self.name}'"
            equivalent("type", kind, old.type, where)
            equivalent("durable", durable, old.durable, where)
            equivalent("auto_delete", auto_delete, old.auto_delete, where)
            equivalent("internal", internal, old.internal, where)
            equivalent_argument(alternate, arguments, old.arguments, where)
            return
        if name.startswith("amq."):
            raise AmqpError(403, f"exchange name '{name}' contains reserved prefix 'amq.*'")
        new = TYPES[kind](name, durable=durable, auto_delete=auto_delete, internal=internal,
                          arguments=arguments)  # fmt: skip
        self.exchanges[name] = new
        self.routing.forget()
        if durable and self.broker.store is not None:
            self.broker.store.save_exchange(self, new)

    def delete_exchange(self, name: str, *, if_unused: bool = False) -> None:
        """Delete an exchange with its bindings; one that is not there is fine."""
        exchange = self.exchanges.get(name)
        if exchange is None:
            return
        if if_unused and exchange.bindings:
            raise AmqpError(406, f"exchange '{name}' in vhost '{self.name}' in use")
        del self.exchanges[name]
        for known, binding in exchange.bindings.items():
            binding.destination.bound_to.pop((name, known), None)
        exchange.bindings.clear()
        self._unbind_all(exchange)
        if exchange.durable and self.broker.store is not None:
            self.broker.store.delete_exchange(self, exchange)

    # --- bindings

    def bind(self, source: str, destination: Exchange | Queue, key: str,
             arguments: Arguments) -> None:  # fmt: skip
        """Bind a queue or an exchange to an exchange. Raises 404 and 406."""
        exchange = self.exchange(source)
        exchange.check(key, arguments)
        binding = Binding(key, destination, arguments)
        exchange.bind(binding)
        destination.bound_to[source, identity(key, destination, arguments)] = binding
        self.routing.forget()
        if self.broker.store is not None and exchange.durable and destination.durable:
            self.broker.store.save_binding(self, exchange, binding)

    def unbind(self, source: str, destination: Exchange | Queue, key: str,
               arguments: Arguments) -> None:  # fmt: skip
        """Take a binding away; one that is not there is fine."""
        exchange = self.exchanges.get(source)
        if exchange is None or not exchange.unbind(key, destination, arguments):
            return
        self.routing.forget()
        if self.broker.store is not None:
            self.broker.store.delete_binding(self, exchange, Binding(key, destination, arguments))
        destination.bound_to.pop((source, identity(key, destination, arguments)), None)
        self._lost_binding(exchange)

    def _unbind_all(self, destination: Exchange | Queue) -> None:
        """Remove the bindings that lead to something that is being deleted."""
        self.routing.forget()
        bindings, destination.bound_to = destination.bound_to, {}
        for (source, _), binding in bindings.items():
            exchange = self.exchanges.get(source)
            if exchange is None:
                continue
            exchange.unbind(binding.key, destination, binding.arguments)
            if self.broker.store is not None:
                self.broker.store.delete_binding(self, exchange, binding)
            self._lost_binding(exchange)

    def _lost_binding(self, exchange: Exchange) -> None:
        if exchange.auto_delete and not exchange.bindings:
            self.delete_exchange(exchange.name)

    # --- queues

    def queue(self, name: str, owner: object) -> Queue:
        """A queue that this connection may use. Raises 404, and 405 for another's exclusive."""
        found = self.queues.get(name)
        if found is None:
            raise not_found("queue", name, self.name)
        if found.owner is not None and found.owner is not owner:
            raise self._locked(name)
        return found

    def _locked(self, name: str) -> AmqpError:
        return AmqpError(
            405, f"cannot obtain exclusive access to locked queue '{name}' in vhost '{self.name}'. "
            "It could be originally declared on another connection or the exclusive property value "
            "does not match that of the original declaration."
        )  # fmt: skip

    def declare_queue(self, name: str, *, durable: bool, exclusive: bool, auto_delete: bool,
                      arguments: Arguments, owner: object) -> Queue:  # fmt: skip
        """Create a queue, or check that the one there is equivalent. Raises 403, 405, 406, 541."""
        if name in self.queues:
            old = self.queue(name, owner)
            where = f"for queue '{name}' in vhost '{self.name}'"
            if exclusive != (old.owner is not None):
                raise self._locked(name)
            equivalent("durable", durable, old.durable, where)
            equivalent("auto_delete", auto_delete, old.auto_delete, where)
            check_redeclared(where, arguments, old.arguments)
            old.used = old.used if old.type == "quorum" else max(old.used, self.broker.now())
            return old
        if name.startswith("amq."):
            raise AmqpError(403, f"queue name '{name}' contains reserved prefix 'amq.*'")
        generated = not name
        if generated:
            name = f"amq.gen-{secrets.token_urlsafe(16)}"
        where = f"for queue '{name}' in vhost '{self.name}'"
        check_declared(where, arguments, durable=durable, exclusive=exclusive,
                       auto_delete=auto_delete, generated=generated)  # fmt: skip
        kind = QuorumQueue if arguments.get("x-queue-type") == "quorum" else Queue
        queue = kind(self, name, durable=durable, owner=owner if exclusive else None,
                     auto_delete=auto_delete, arguments=arguments)  # fmt: skip
        self.add_queue(queue)
        if exclusive:
            self._exclusive.setdefault(owner, set()).add(queue)
        if durable and not exclusive and self.broker.store is not None:
            self.broker.store.save_queue(queue)
        return queue

    def add_queue(self, queue: Queue) -> None:
        """Make a queue known, bound to the default exchange by its name."""
        self.queues[queue.name] = queue
        self.routing.forget()
        if queue.expires is not None:
            self.broker.watch(queue)

    def delete_queue(self, queue: Queue, *, if_unused: bool, if_empty: bool) -> int:
        """Delete a queue; the number of messages that were ready. Raises 406."""
        where = f"queue '{queue.name}' in vhost '{self.name}'"
        for flag, wanted in (("unused", if_unused), ("empty", if_empty)):
            if wanted and queue.type == "quorum":
                raise AmqpError(
                    540, f"cannot delete {where}. queue.delete operations with if-{flag} flag set "
                    "are not supported by quorum queues"
                )  # fmt: skip
        if if_unused and queue.consumers.all:
            raise AmqpError(406, f"{where} in use")
        if if_empty and queue.ready.count:
            raise AmqpError(406, f"{where} not empty")
        ready = queue.ready.count
        self.remove_queue(queue)
        return ready

    def remove_exclusive(self, owner: object) -> None:
        """Take away the exclusive queues of a connection that has ended."""
        for queue in self._exclusive.pop(owner, set()):
            self.remove_queue(queue)

    def remove_queue(self, queue: Queue) -> None:
        """Take a queue away and tell its consumers."""
        if queue.deleted:
            return
        queue.close()
        del self.queues[queue.name]
        self._exclusive.get(queue.owner, set()).discard(queue)
        self._unbind_all(queue)
        if queue.durable and self.broker.store is not None:
            self.broker.store.delete_queue(queue)
        for consumer in list(queue.consumers.all):
            consumer.channel.cancelled(consumer)
        queue.consumers.all.clear()
