"""The learner's own broker, given by RABBITMQ_URL or `./learn broker use url amqp://...`."""

import os
from functools import cached_property
from urllib.parse import unquote, urlsplit

from course.brokers import vhosts
from course.brokers.base import Broker, Capabilities
from course.brokers.management import Management
from course.brokers.probe import address, identify
from course.errors import CouldNotCheck, WrongUse


class UrlBroker(Broker):
    """Any AMQP 0-9-1 broker, also over TLS (amqps). Never started or stopped by the course."""

    provider = "url"
    can_restart = False

    def __init__(self, url: str) -> None:
        address(url)  # what is no AMQP URL is told before anything else
        self.url = url
        parts = urlsplit(url)
        user, password = unquote(parts.username or "guest"), unquote(parts.password or "guest")
        secure = parts.scheme == "amqps"
        default = f"{'https' if secure else 'http'}://{parts.hostname}:{15671 if secure else 15672}"
        base_url = os.environ.get("RABBITMQ_MANAGEMENT_URL") or default
        if base_url.startswith(("http://", "https://")):
            self.management = Management(base_url, user, password)

    @cached_property
    def capabilities(self) -> Capabilities:
        manages = self.management is not None and self._is_managed_by(self.management)
        return Capabilities(self.server.product, self.server.version, self.can_restart, manages)

    def _is_managed_by(self, management: Management) -> bool:
        """Whether a vhost made there appears here: the port that we guess may be another node's."""
        if not management.may_administer():
            return False
        try:
            with vhosts.throwaway(management, self.url) as trial:
                identify(trial)
        except CouldNotCheck:
            return False
        return True

    def restart(self) -> None:
        raise WrongUse(
            "this broker was given by its URL, so the course does not restart it. "
            "For one that it may: ./learn broker use docker (or native)"
        )

    def close(self) -> None:
        """Nothing to stop: it is not ours."""
