"""A task message in a worker's hands."""

from dataclasses import dataclass, field

import pika


@dataclass(slots=True, eq=False)
class Delivery:
    """A message, and under which tags of the present connection it was delivered.

    After a lost connection the tags mean nothing; `tags` is empty until the broker has delivered
    the message again. A message that came twice has two.
    """

    key: str | None
    body: bytes
    attempt: int
    properties: pika.BasicProperties
    tags: list[int] = field(default_factory=list)
