"""The few calls of RabbitMQ's management HTTP API that the course needs.

Source: https://www.rabbitmq.com/docs/http-api-reference
"""

import base64
import json
import time
from typing import Any
from urllib.parse import quote

from course.errors import CouldNotCheck


class ManagementError(CouldNotCheck):
    """The management API could not be reached, or refused a request with `status`."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Management:
    """A client for one node. `base_url` is e.g. http://localhost:15672."""

    def __init__(self, base_url: str, user: str, password: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.user = user
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}

    def may_administer(self) -> bool:
        """Whether the API answers and this user may make vhosts (tag `administrator`)."""
        try:
            tags = self._call("GET", "/api/whoami")["tags"]
        except (ManagementError, KeyError, TypeError):
            return False
        return "administrator" in (tags.split(",") if isinstance(tags, str) else tags)

    def wait_until_ready(self, seconds: float) -> None:
        """The API comes up a little after AMQP does; raises ManagementError after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self._call("GET", "/api/whoami")
                return
            except ManagementError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def make_vhost(self, name: str) -> None:
        """Make the vhost and give this user every permission in it."""
        self._call("PUT", f"/api/vhosts/{_part(name)}", {})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self._call("PUT", f"/api/permissions/{_part(name)}/{_part(self.user)}", everything)

    def delete_vhost(self, name: str) -> None:
        self._call("DELETE", f"/api/vhosts/{_part(name)}")

    def vhosts(self) -> list[str]:
        return [vhost["name"] for vhost in self._call("GET", "/api/vhosts?columns=name")]

    def close_connections(self, vhost: str, seconds: float = 10) -> int:
        """Close this user's client connections that are listed in the vhost; return how many."""
        waiting = names = self._connections(vhost)
        deadline = time.monotonic() + seconds
        while waiting := {name for name in waiting if not self._close(name)}:
            # A new connection is listed before it can be closed by its name.
            if time.monotonic() > deadline:
                raise ManagementError(f"{len(waiting)} connections could not be closed.")
            time.sleep(0.1)
            waiting &= self._connections(vhost)
        return len(names)

    def _connections(self, vhost: str) -> set[str]:
        # Other listings of connections follow the statistics, which are seconds late.
        tracked = self._call("GET", f"/api/connections/username/{_part(self.user)}")
        return {connection["name"] for connection in tracked if connection["vhost"] == vhost}

    def _close(self, connection: str) -> bool:
        try:
            self._call("DELETE", f"/api/connections/{_part(connection)}")
        except ManagementError as error:
            if error.status == 404:
                return False
            raise
        return True

    def _call(self, method: str, path: str, body: object = None) -> Any:
        import urllib.error
        import urllib.request

        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the URL's scheme is set by us, http or https
            self.base_url + path, data=data, method=method, headers=self._headers
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                text = response.read(16 * 1024 * 1024)
            return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            raise ManagementError(
                f"the management API at {self.base_url} refused {method} {path}: "
                f"{error.code} {error.reason}.",
                error.code,
            ) from None
        except (OSError, ValueError):
            raise ManagementError(f"no management API answers at {self.base_url}.") from None


def _part(name: str) -> str:
    return quote(name, safe="")
