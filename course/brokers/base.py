"""The interface that every provider of a broker offers."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from course.brokers import vhosts
from course.brokers.management import Management
from course.brokers.probe import ServerInfo, identify, redact
from course.errors import CouldNotCheck


class Unavailable(CouldNotCheck):
    """A provider cannot offer a broker on this machine; the message says why, in one line."""


@dataclass(frozen=True)
class Capabilities:
    """What a broker can do for a lesson: its version, e.g. (4, 3, 6), and what we may do to it."""

    product: str
    version: tuple[int, ...]
    restart: bool
    vhosts: bool


@dataclass(frozen=True)
class Declared:
    """The names that a lesson's scripts declare: what to remove where no vhost can be made."""

    queues: tuple[str, ...] = ()
    exchanges: tuple[str, ...] = ()


class Broker(ABC):
    """A running broker. `url` is an AMQP URL, e.g. amqp://guest:guest@localhost:5672/%2F."""

    provider: ClassVar[str]
    can_restart: ClassVar[bool] = True
    url: str
    management: Management | None = None
    note: str = ""  # what must be said whenever this broker is used

    @cached_property
    def server(self) -> ServerInfo:
        """What the broker says it is. Raises CouldNotCheck if it does not answer."""
        return identify(self.url)

    @cached_property
    def capabilities(self) -> Capabilities:
        makes_vhosts = self.management is not None and self.management.may_administer()
        return Capabilities(
            self.server.product, self.server.version, self.can_restart, makes_vhosts
        )

    @contextlib.contextmanager
    def new_vhost(self, declared: Declared | None = None) -> Iterator[str]:
        """The URL of a throwaway vhost, which is deleted at the end with all that is in it.

        Without the right to make vhosts it is the given vhost, from which what is `declared` is
        removed at the end; raises CouldNotCheck if any of that exists already.
        """
        if self.management is not None and self.capabilities.vhosts:
            with vhosts.throwaway(self.management, self.url) as url:
                yield url
        else:
            names = declared or Declared()
            with vhosts.borrowed(self.url, names.queues, names.exchanges) as url:
                yield url

    def drop_connections(self, vhost_url: str) -> int:
        """Close the vhost's client connections from the broker's side; return how many.

        RabbitMQ knows of a connection a moment after the client does: one that was opened right
        before may be left.
        """
        if self.management is None or not self.capabilities.vhosts:
            raise CouldNotCheck(f"{self.describe()} does not let us close connections.")
        return self.management.close_connections(vhosts.name_of(vhost_url))

    @abstractmethod
    def restart(self) -> None:
        """Restart the broker and return when it accepts connections again."""

    @abstractmethod
    def close(self) -> None:
        """Stop the broker if this course started it; its durable data stays."""

    def describe(self) -> str:
        """For example "RabbitMQ 4.3.6 (docker) at amqp://guest:***@localhost:5672/%2F"."""
        return f"{self.server} ({self.provider}) at {redact(self.url)}"
