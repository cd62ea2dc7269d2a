"""Exchanges and routing: which bindings a message follows. Pure, no I/O.

AMQP 0-9-1 section 3.1.3; RabbitMQ's additions are alternate exchanges, exchange-to-exchange
bindings and the x-match variants of headers exchanges (docs: exchanges, e2e, ae).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from burrow.arguments import Arguments
from burrow.errors import AmqpError

if TYPE_CHECKING:
    from burrow.queue import Queue

Headers = dict[str, Any]


class Binding:
    """From a source exchange to a queue or an exchange, by a binding key and arguments."""

    __slots__ = ("arguments", "destination", "key")

    def __init__(self, key: str, destination: Exchange | Queue, arguments: Arguments) -> None:
        self.key = key
        self.destination = destination
        self.arguments = arguments


def identity(key: str, destination: Exchange | Queue, arguments: Arguments) -> tuple[Any, ...]:
    """What makes two bindings of one exchange the same binding."""
    return key, destination.kind, destination.name, repr(sorted(arguments.items()))


class Exchange:
    """Base of the exchange types; `bindings` in order of their creation."""

    kind = "exchange"
    type = ""
    by_headers = False

    def __init__(self, name: str, *, durable: bool = True, auto_delete: bool = False,
                 internal: bool = False, arguments: Arguments | None = None) -> None:  # fmt: skip
        self.name = name
        self.durable = durable
        self.auto_delete = auto_delete
        self.internal = internal
        self.arguments = Arguments() if arguments is None else arguments
        self.bindings: dict[tuple[Any, ...], Binding] = {}
        self.bound_to: dict[tuple[str, Any], Any] = {}  # bindings that lead here

    @property
    def alternate(self) -> str | None:
        """The exchange that gets what this one cannot route."""
        name = self.arguments.get("alternate-exchange")
        return name if isinstance(name, str) else None

    def check(self, key: str, arguments: Arguments) -> None:
        """Raises 406 when this exchange type cannot have such a binding."""

    def bind(self, binding: Binding) -> None:
        """Add a binding; doing so twice changes nothing."""
        self.bindings[identity(binding.key, binding.destination, binding.arguments)] = binding

    def unbind(self, key: str, destination: Exchange | Queue, arguments: Arguments) -> bool:
        """Take a binding away; False when there was none."""
        return self.bindings.pop(identity(key, destination, arguments), None) is not None

    def match(self, key: str, headers: Headers) -> Iterable[Exchange | Queue]:
        """The destinations of a message; may name one more than once."""
        raise NotImplementedError


class Fanout(Exchange):
    """Every binding matches."""

    type = "fanout"

    def match(self, key: str, headers: Headers) -> Iterable[Exchange | Queue]:
        return [binding.destination for binding in self.bindings.values()]


class Direct(Exchange):
    """The binding key equals the routing key."""

    type = "direct"

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        self._by_key: dict[str, list[Exchange | Queue]] = {}

    def bind(self, binding: Binding) -> None:
        if identity(binding.key, binding.destination, binding.arguments) not in self.bindings:
            self._by_key.setdefault(binding.key, []).append(binding.destination)
        super().bind(binding)

    def unbind(self, key: str, destination: Exchange | Queue, arguments: Arguments) -> bool:
        found = super().unbind(key, destination, arguments)
        if found:
            same = self._by_key[key]
            same.remove(destination)
            if not same:
                del self._by_key[key]
        return found

    def match(self, key: str, headers: Headers) -> Iterable[Exchange | Queue]:
        return self._by_key.get(key, ())


class _Node:
    """One word of a topic pattern; `ends` are the destinations of patterns that end here."""

    __slots__ = ("ends", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.ends: list[Exchange | Queue] = []


class Topic(Exchange):
    """Binding keys are patterns of words: `*` is one word, `#` is zero or more.

    They are kept as a tree of words, so the cost of routing follows the length of the key and not
    the number of bindings.
    """

    type = "topic"

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        self._root = _Node()

    def check(self, key: str, arguments: Arguments) -> None:
        hashes = key.split(".").count("#")
        if hashes > 2:
            raise AmqpError(406, f"Topic binding key '{key}' uses {hashes} '#' wildcards, "
                                 "at most 2 are allowed")  # fmt: skip

    def bind(self, binding: Binding) -> None:
        if identity(binding.key, binding.destination, binding.arguments) not in self.bindings:
            node = self._root
            for word in _words(binding.key):
                node = node.next.setdefault(word, _Node())
            node.ends.append(binding.destination)
        super().bind(binding)

    def unbind(self, key: str, destination: Exchange | Queue, arguments: Arguments) -> bool:
        found = super().unbind(key, destination, arguments)
        if found:
            path = [self._root]
            words = _words(key)
            for word in words:
                path.append(path[-1].next[word])
            path[-1].ends.remove(destination)
            for word, parent, child in zip(reversed(words), path[-2::-1], path[:0:-1], strict=True):
                if child.next or child.ends:
                    break
                del parent.next[word]
        return found

    def match(self, key: str, headers: Headers) -> Iterable[Exchange | Queue]:
        words = _words(key)
        found: list[Exchange | Queue] = []
        seen: set[tuple[int, int]] = set()
        todo = [(self._root, 0)]
        while todo:
            node, at = todo.pop()
            if (id(node), at) in seen:
                continue
            seen.add((id(node), at))
            if (rest := node.next.get("#")) is not None:
                todo += [(rest, skip) for skip in range(at, len(words) + 1)]
            if at == len(words):
                found += node.ends
                continue
            for word in (words[at], "*"):
                if (child := node.next.get(word)) is not None:
                    todo.append((child, at + 1))
        return found


def _words(key: str) -> list[str]:
    return key.split(".") if key else []


class HeadersExchange(Exchange):
    """The binding's arguments are compared with the message's headers.

    x-match `all` (the default) and `any` leave out fields whose name begins with `x-`;
    `all-with-x` and `any-with-x` compare those as well.
    """

    type = "headers"
    by_headers = True

    def check(self, key: str, arguments: Arguments) -> None:
        if "x-match" not in arguments:
            return
        kind, name = arguments["x-match"], arguments.types["x-match"]
        if name != "longstr":
            raise AmqpError(406, f"Invalid x-match field type {name} (value "
                                 f"{arguments.shown('x-match')}); expected longstr")  # fmt: skip
        if kind not in ("all", "any", "all-with-x", "any-with-x"):
            raise AmqpError(406, f'Invalid x-match field value <<"{kind}">>; '
                                 "expected all, any, all-with-x, or any-with-x")  # fmt: skip

    def match(self, key: str, headers: Headers) -> Iterable[Exchange | Queue]:
        return [b.destination for b in self.bindings.values() if headers_match(b, headers)]


_ABSENT = object()


def headers_match(binding: Binding, headers: Headers) -> bool:
    """Whether a message's headers satisfy one binding of a headers exchange."""
    kind = str(binding.arguments.get("x-match", "all"))
    wanted = [
        (name, value)
        for name, value in binding.arguments.items()
        if name != "x-match" and (kind.endswith("-with-x") or not name.startswith("x-"))
    ]
    hits = (_equal(value, headers.get(name, _ABSENT)) for name, value in wanted)
    return any(hits) if kind.startswith("any") else all(hits)


def _equal(wanted: Any, found: Any) -> bool:
    if found is _ABSENT:
        return False
    if wanted is None:
        return True  # a void value asks for the header's presence alone
    return type(wanted) is type(found) and bool(wanted == found)


TYPES: dict[str, type[Exchange]] = {
    kind.type: kind for kind in (Direct, Fanout, Topic, HeadersExchange)
}
