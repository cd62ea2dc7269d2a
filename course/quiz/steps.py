"""The steps of a question about a queue's state: a small vocabulary of AMQP 0-9-1."""

from typing import Annotated, Literal

from pydantic import Field

from course.quiz.parts import Strict

Name = Annotated[str, Field(pattern=r"^[\w.-]{1,60}$")]
Count = Annotated[int, Field(ge=1, le=100)]


class Declare(Strict):
    """Declare a durable queue; what it drops or expires goes to the queue `dead_letter_to`."""

    do: Literal["declare"]
    queue: Name
    kind: Literal["quorum", "classic"] = "quorum"
    max_length: Count | None = None
    ttl_ms: int | None = Field(None, ge=50, le=2000, description="Messages expire after this")
    dead_letter_to: Name | None = None


class Bind(Strict):
    """Bind a queue to an exchange, which is declared with this type."""

    do: Literal["bind"]
    queue: Name
    exchange: Name
    type: Literal["direct", "fanout", "topic"]
    key: str = ""


class Publish(Strict):
    """Publish messages; without an exchange the key is a queue's name."""

    do: Literal["publish"]
    exchange: Name | Literal[""] = ""
    key: str = ""
    count: Count = 1


class Consume(Strict):
    """Start a consumer on a connection of its own. A prefetch of 0 is no limit."""

    do: Literal["consume"]
    consumer: Name
    queue: Name
    prefetch: int = Field(0, ge=0, le=100)
    auto_ack: bool = False


class Ack(Strict):
    """Acknowledge the oldest deliveries that the consumer holds."""

    do: Literal["ack"]
    consumer: Name
    count: Count = 1


class Nack(Strict):
    """Return the oldest deliveries that the consumer holds; without `requeue` drop them."""

    do: Literal["nack", "reject"]
    consumer: Name
    requeue: bool
    count: Count = 1


class Close(Strict):
    """Close the consumer's connection, as when its program dies."""

    do: Literal["close"]
    consumer: Name


class Expire(Strict):
    """Wait until every message that is in the queue now has passed the queue's `ttl_ms`."""

    do: Literal["expire"]
    queue: Name


Step = Annotated[
    Declare | Bind | Publish | Consume | Ack | Nack | Close | Expire, Field(discriminator="do")
]


def mistake(steps: list[Step], asked: str) -> str | None:
    """What is wrong with the steps as a whole: names that nothing made before. None if nothing."""
    queues: dict[str, Declare] = {}
    exchanges: dict[str, str] = {}
    consumers: set[str] = set()
    for number, step in enumerate(steps, start=1):
        said = f"step {number} ({step.do})"
        if isinstance(step, Declare):
            if step.queue in queues:
                return f"{said} declares the queue {step.queue!r} again"
            queues[step.queue] = step
            continue
        if isinstance(step, Bind | Consume | Expire) and step.queue not in queues:
            return f"{said} names the queue {step.queue!r}, which is not declared before"
        if isinstance(step, Expire) and queues[step.queue].ttl_ms is None:
            return f"{said}: the queue {step.queue!r} has no ttl_ms"
        if isinstance(step, Bind) and exchanges.setdefault(step.exchange, step.type) != step.type:
            return f"{said} gives the exchange {step.exchange!r} another type"
        if isinstance(step, Publish) and step.exchange and step.exchange not in exchanges:
            return f"{said} names the exchange {step.exchange!r}, to which nothing is bound before"
        if isinstance(step, Consume):
            if step.consumer in consumers:
                return f"{said} starts the consumer {step.consumer!r} again"
            consumers.add(step.consumer)
        if isinstance(step, Ack | Nack | Close) and step.consumer not in consumers:
            return f"{said} names the consumer {step.consumer!r}, which does not run"
        if isinstance(step, Close):
            consumers.discard(step.consumer)
    for declared in queues.values():
        if declared.dead_letter_to and declared.dead_letter_to not in queues:
            return f"the queue {declared.dead_letter_to!r} for dead letters is not declared"
    return None if asked in queues else f"the queue {asked!r} that is asked about is not declared"
