"""A virtual host: the names of exchanges and queues, and the bindings between them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, cast

from pamqp import commands

from burrow.errors import AmqpError, not_found, unsupported
from burrow.exchange.exchanges import TYPES, Binding, Exchange
from burrow.exchange.routing import Routing
from burrow.queue.arguments import (
    Arguments,
    check_declared,
    check_text,
    equivalent,
    equivalent_argument,
    equivalent_queue,
)
from burrow.queue.classic import Queue, now
from burrow.queue.quorum import QuorumQueue

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
        self.exchanges["amq.rabbitmq.trace"] = TYPES["topic"]("amq.rabbitmq.trace", internal=True)
        self.routing = Routing(self)

    # --- exchanges

    def exchange(self, name: str) -> Exchange:
        """Raises 404."""
        found = self.exchanges.get(name)
        if found is None:
            raise not_found("exchange", name, self.name)
        return found

    def declare_exchange(self, m: commands.Exchange.Declare) -> None:
        """Create an exchange, or check that the one there is equivalent (406 when not)."""
        name, kind, arguments = m.exchange, m.exchange_type, cast(Arguments, m.arguments)
        if kind in ("x-modulus-hash", "x-local-random"):
            raise unsupported(f"exchange type {kind}")
        if kind not in TYPES:
            raise AmqpError(406, f"{'unknown' if kind else 'invalid'} exchange type '{kind}'")
        where = f"exchange '{name}' in vhost '{self.name}'"
        check_text(where, arguments, "alternate-exchange")
        if (old := self.exchanges.get(name)) is not None:
            equivalent(where, "type", kind, old.type)
            for flag in ("durable", "auto_delete", "internal"):
                equivalent(where, flag, m[flag], getattr(old, flag))
            equivalent_argument(where, "alternate-exchange", arguments, old.arguments)
            return
        _not_reserved("exchange", name)
        new = TYPES[kind](name, arguments, m.durable, m.auto_delete, m.internal)
        self.exchanges[name] = new
        self.routing.forget()
        if new.durable and self.broker.store is not None:
            self.broker.store.save(new, self)

    def delete_exchange(self, name: str, *, if_unused: bool = False) -> None:
        """Delete an exchange with its bindings; one that is not there is fine."""
        exchange = self.exchanges.get(name)
        if exchange is None:
            return
        if if_unused and exchange.bindings:
            raise AmqpError(406, f"exchange '{name}' in vhost '{self.name}' in use")
        del self.exchanges[name]
        for binding in exchange.bindings.values():
            binding.destination.bound_to.pop((name, binding.identity), None)
            if self.broker.store is not None:
                self.broker.store.delete_binding(binding, self, name)
        exchange.bindings.clear()
        self._unbind_all(exchange)
        if exchange.durable and self.broker.store is not None:
            self.broker.store.delete(exchange, self)

    # --- bindings

    def bind(self, source: str, binding: Binding) -> None:
        """Bind a queue or an exchange to an exchange. Raises 404 and 406."""
        exchange = self.exchange(source)
        exchange.check(binding.key, binding.arguments)
        exchange.bind(binding)
        binding.destination.bound_to[source, binding.identity] = binding
        self.routing.forget()
        if self.broker.store is not None and exchange.durable and binding.destination.durable:
            self.broker.store.save_binding(binding, self, source)

    def unbind(self, source: str, binding: Binding) -> None:
        """Take a binding away, and an auto-delete exchange after its last one; one that is not
        there is fine.
        """
        exchange = self.exchanges.get(source)
        if exchange is None or not exchange.unbind(binding):
            return
        self.routing.forget()
        binding.destination.bound_to.pop((source, binding.identity), None)
        if self.broker.store is not None:
            self.broker.store.delete_binding(binding, self, source)
        if exchange.auto_delete and not exchange.bindings:
            self.delete_exchange(source)

    def _unbind_all(self, destination: Exchange | Queue) -> None:
        """Remove the bindings that lead to something that is being deleted."""
        self.routing.forget()
        for (source, _), binding in list(destination.bound_to.items()):
            self.unbind(source, binding)

    # --- queues

    def queue(self, name: str, owner: object) -> Queue:
        """A queue that this connection may use. Raises 404, and 405 for another's exclusive."""
        found = self.queues.get(name)
        if found is None:
            raise not_found("queue", name, self.name)
        if found.owner is not None and found.owner is not owner:
            raise _locked(found)
        return found

    def declare_queue(self, m: commands.Queue.Declare, owner: object) -> Queue:
        """Create a queue, or check that the one there is equivalent. Raises 403, 405, 406, 541."""
        arguments = cast(Arguments, m.arguments)
        if m.queue in self.queues:
            old = self.queue(m.queue, owner)
            if m.exclusive != (old.owner is not None):
                raise _locked(old)
            for flag in ("durable", "auto_delete"):
                equivalent(str(old), flag, m[flag], getattr(old, flag))
            equivalent_queue(str(old), arguments, old.arguments)
            if old.type == "classic":
                old.used = now()
            return old
        _not_reserved("queue", m.queue)
        name = m.queue or f"amq.gen-{secrets.token_urlsafe(16)}"
        check_declared(f"queue '{name}' in vhost '{self.name}'", m, arguments)
        mine = owner if m.exclusive else None
        queue = self.make_queue(name, arguments, m.durable, m.auto_delete, mine)
        if m.durable and not m.exclusive and self.broker.store is not None:
            self.broker.store.save(queue, self)
        return queue

    def make_queue(self, name: str, arguments: Arguments, *flags: Any) -> Queue:
        """A new queue, bound to the default exchange by its name; all has been checked."""
        kind = QuorumQueue if arguments.get("x-queue-type") == "quorum" else Queue
        queue = self.queues[name] = kind(self, name, arguments, *flags)
        self.routing.forget()
        if queue.expires is not None:
            self.broker.watch(queue)
        return queue

    def delete_queue(self, queue: Queue, m: commands.Queue.Delete) -> int:
        """Delete a queue; the number of messages that were ready. Raises 406 and 540."""
        for flag, wanted in (("unused", m.if_unused), ("empty", m.if_empty)):
            if wanted and queue.type == "quorum":
                text = f"queue.delete operations with if-{flag} flag set are not supported by"
                raise AmqpError(540, f"cannot delete {queue}. {text} quorum queues")
        if m.if_unused and queue.consumers.all:
            raise AmqpError(406, f"{queue} in use")
        if m.if_empty and queue.ready.count:
            raise AmqpError(406, f"{queue} not empty")
        ready = queue.ready.count
        self.remove_queue(queue)
        return ready

    def remove_exclusive(self, owner: object) -> None:
        """Take away the exclusive queues of a connection that has ended."""
        for queue in [one for one in self.queues.values() if one.owner is owner]:
            self.remove_queue(queue)

    def remove_queue(self, queue: Queue) -> None:
        """Take a queue away and tell its consumers."""
        if queue.deleted:
            return
        queue.close()
        del self.queues[queue.name]
        self._unbind_all(queue)
        if queue.durable and self.broker.store is not None:
            self.broker.store.delete(queue, self)
        for consumer in list(queue.consumers.all):
            consumer.channel.cancelled(consumer)
        queue.consumers.all.clear()


def _not_reserved(kind: str, name: str) -> None:
    if name.startswith("amq."):
        raise AmqpError(403, f"{kind} name '{name}' contains reserved prefix 'amq.*'")


def _locked(queue: Queue) -> AmqpError:
    return AmqpError(
        405,
        f"cannot obtain exclusive access to locked {queue}. It could be originally declared on "
        "another connection or the exclusive property value does not match that of the original "
        "declaration.",
    )
