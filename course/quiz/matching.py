"""Which bindings a routing key fits, as RabbitMQ 4.3 decides it. Tests compare it with the broker.

Source: https://www.rabbitmq.com/docs/exchanges
"""

from course.quiz.lab import Refused

HASHES = 2  # a topic binding may have so many since RabbitMQ 4.3.5


def takes(exchange_type: str, binding_key: str, routing_key: str) -> bool:
    """Whether an exchange of this type puts a message with the routing key into a queue bound so.

    Raises Refused if the binding would not be accepted.
    """
    if exchange_type == "fanout":
        return True
    if exchange_type == "direct":
        return binding_key == routing_key
    check(exchange_type, binding_key)
    return _fits(words(binding_key), words(routing_key))


def check(exchange_type: str, binding_key: str) -> None:
    """Raise Refused, in the broker's words, if a topic binding has too many hashes."""
    hashes = words(binding_key).count("#")
    if exchange_type == "topic" and hashes > HASHES:
        raise Refused(
            f"406 PRECONDITION_FAILED - Topic binding key '{binding_key}' uses {hashes} '#' "
            f"wildcards, at most {HASHES} are allowed"
        )


def words(key: str) -> list[str]:
    """The words between the dots, which may be empty; an empty key has none."""
    return key.split(".") if key else []


def _fits(pattern: list[str], key: list[str]) -> bool:
    # ends[n]: whether the pattern so far can take exactly the first n words of the key.
    ends = [True] + [False] * len(key)
    for word in pattern:
        if word == "#":
            reached = False
            for n, end in enumerate(ends):
                reached = reached or end
                ends[n] = reached
        else:
            fits = [
                before and word in ("*", given) for before, given in zip(ends, key, strict=False)
            ]
            ends = [False, *fits]
    return ends[-1]
