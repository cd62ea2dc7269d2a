"""The types of exchange: which bindings a message follows. Pure, no I/O.

AMQP 0-9-1 section 3.1.3; RabbitMQ's additions are alternate exchanges, exchange-to-exchange
bindings and the x-match variants of headers exchanges (docs: exchanges, e2e, ae).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from burrow.errors import AmqpError
from burrow.queue.arguments import Arguments

if TYPE_CHECKING:
    from burrow.queue.classic import Queue

Headers = dict[str, Any]


@dataclass(eq=False)
class Binding:
    """From an exchange to a queue or an exchange, by a binding key and arguments.

    `identity` is what makes two bindings of one exchange the same binding.
    """

    key: str
    destination: Exchange | Queue
    arguments: Arguments

    def __post_init__(self) -> None:
        to, arguments = self.destination, sorted(self.arguments.items())
        self.identity = self.key, to.kind, to.name, repr(arguments)


@dataclass(eq=False)
class Exchange:
    """Base of the exchange types, and the fanout exchange: every binding matches.

    `bindings` lead away, in order of their creation; `bound_to` are those that lead here.
    """

    kind: ClassVar[str] = "exchange"
    type: ClassVar[str] = "fanout"
    name: str
    arguments: Arguments = field(default_factory=Arguments)
    durable: bool = True
    auto_delete: bool = False
    internal: bool = False
    bindings: dict[tuple[Any, ...], Binding] = field(default_factory=dict)
    bound_to: dict[tuple[str, Any], Binding] = field(default_factory=dict)

    def check(self, key: str, arguments: Arguments) -> None:
        """Raises 406 when this exchange type cannot have such a binding."""

    def bind(self, binding: Binding) -> None:
        """Add a binding; doing so twice changes nothing."""
        if binding.identity not in self.bindings:
            self._link(binding)
        self.bindings[binding.identity] = binding

    def unbind(self, binding: Binding) -> bool:
        """Take a binding away; False when there was none."""
        found = self.bindings.pop(binding.identity, None)
        if found is not None:
            self._unlink(found)
        return found is not None

    def _link(self, binding: Binding) -> None:
        """Prepare to find a new binding fast."""

    def _unlink(self, binding: Binding) -> None:
        """Forget it again."""

    def match(self, key: str, headers: Headers) -> Iterable[Exchange | Queue]:
        """The destinations of a message; may name one more than once."""
        return [binding.destination for binding in self.bindings.values()]


@dataclass(eq=False)
class Direct(Exchange):
    """The binding key equals the routing key."""

    type = "direct"
    _by_key: dict[str, list[Exchange | Queue]] = field(default_factory=dict)

    def _link(self, binding: Binding) -> None:
        self._by_key.setdefault(binding.key, []).append(binding.destination)

    def _unlink(self, binding: Binding) -> None:
        same = self._by_key[binding.key]
        same.remove(binding.destination)
        if not same:
            del self._by_key[binding.key]

    def match(self, key: str, headers: Headers) -> Iterable[Exchange | Queue]:
        return self._by_key.get(key, ())


@dataclass(slots=True, eq=False)
class _Node:
    """One word of a topic pattern; `ends` are the destinations of patterns that end here."""

    next: dict[str, _Node] = field(default_factory=dict)
    ends: list[Exchange | Queue] = field(default_factory=list)


@dataclass(eq=False)
class Topic(Exchange):
    """Binding keys are patterns of words: `*` is one word, `#` is zero or more.

    They are kept as a tree of words, so the cost of routing follows the length of the key and not
    the number of bindings.
    """

    type = "topic"
    _root: _Node = field(default_factory=_Node)

    def check(self, key: str, arguments: Arguments) -> None:
        hashes = key.split(".").count("#")
        if hashes > 2:
            text = f"Topic binding key '{key}' uses {hashes} '#' wildcards, at most 2 are allowed"
            raise AmqpError(406, text)

    def _link(self, binding: Binding) -> None:
        node = self._root
        for word in _words(binding.key):
            node = node.next.setdefault(word, _Node())
        node.ends.append(binding.destination)

    def _unlink(self, binding: Binding) -> None:
        path, words = [self._root], _words(binding.key)
        for word in words:
            path.append(path[-1].next[word])
        path[-1].ends.remove(binding.destination)
        for word, parent, child in zip(reversed(words), path[-2::-1], path[:0:-1], strict=True):
            if child.next or child.ends:
                break
            del parent.next[word]

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

    def check(self, key: str, arguments: Arguments) -> None:
        if "x-match" not in arguments:
            return
        kind, name = arguments["x-match"], arguments.types["x-match"]
        if name != "longstr":
            value = arguments.shown("x-match")
            text = f"Invalid x-match field type {name} (value {value}); expected longstr"
            raise AmqpError(406, text)
        if kind not in ("all", "any", "all-with-x", "any-with-x"):
            choice = "expected all, any, all-with-x, or any-with-x"
            raise AmqpError(406, f'Invalid x-match field value <<"{kind}">>; {choice}')

    def match(self, key: str, headers: Headers) -> Iterable[Exchange | Queue]:
        return [b.destination for b in self.bindings.values() if headers_match(b, headers)]


def headers_match(binding: Binding, headers: Headers) -> bool:
    """Whether a message's headers satisfy one binding of a headers exchange."""
    kind = str(binding.arguments.get("x-match", "all"))
    hits = (
        name in headers and _equal(value, headers[name])
        for name, value in binding.arguments.items()
        if name != "x-match" and (kind.endswith("-with-x") or not name.startswith("x-"))
    )
    return any(hits) if kind.startswith("any") else all(hits)


def _equal(wanted: Any, found: Any) -> bool:
    """A void value asks for the header's presence alone."""
    return wanted is None or (type(wanted) is type(found) and bool(wanted == found))


TYPES: dict[str, type[Exchange]] = {
    kind.type: kind for kind in (Direct, Exchange, Topic, HeadersExchange)
}
