"""What a broker of some version can do, and what to say to a person where it can do less."""

import re
from dataclasses import dataclass
from typing import Any

from task_processor.settings import BrokerError

OLDEST = (3, 10)


@dataclass(frozen=True)
class Features:
    """What depends on the broker's version."""

    product: str
    version: tuple[int, int]

    @property
    def unlimited_deliveries(self) -> bool:
        """4.0 gave quorum queues a limit of 20 by default; -1 takes it away (older: unknown)."""
        return self.version >= (4, 0)

    @property
    def priorities(self) -> int:
        """How many levels a quorum queue tells apart: 32 from 4.3, 2 from 4.0, 1 before."""
        return 32 if self.version >= (4, 3) else 2 if self.version >= (4, 0) else 1

    @property
    def stream_filters(self) -> bool:
        """From 3.13 the broker can leave out most of a stream that a reader doesn't ask for."""
        return self.version >= (3, 13)

    def notes(self) -> list[str]:
        """What works less well here than on the newest broker, a sentence each."""
        said = []
        if self.priorities == 2:
            said.append("Priorities have two levels here: above 4, and the rest (32 from 4.3).")
        if self.priorities == 1:
            said.append("Priorities are ignored here: quorum queues have them from 4.0.")
        if not self.stream_filters:
            said.append("Reading a job reads all jobs' events here: filters come with 3.13.")
        return said


def features_of(properties: dict[str, Any]) -> Features:
    """From the server properties of a connection. Raises BrokerError if the broker won't do."""
    product = str(properties.get("product", "an unknown broker"))
    found = re.match(r"(\d+)\.(\d+)", str(properties.get("version", "")))
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if product != "RabbitMQ" or version < OLDEST:
        raise BrokerError(
            f"this needs RabbitMQ 3.10 or newer, with quorum queues and streams; "
            f"{product} {version[0]}.{version[1]} answered. Start one: ./learn broker use docker"
        )
    return Features(product, version)
