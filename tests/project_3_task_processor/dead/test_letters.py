"""Dead letters stay in their queue while they are read, and whoever reads them next finds them."""

import pika
from task_processor.amqp.connect import Session, session
from task_processor.dead import letters

from tests.project_3_task_processor.faults.system import System

EVERY = letters.matching("", "", "")


def bury(on: Session, names: list[str]) -> None:
    """Put messages into the dead-letter queue, each with a name of its own."""
    channel = on.connection.channel()
    channel.confirm_delivery()
    for name in names:
        channel.basic_publish(
            "", on.names.dead, name.encode(), pika.BasicProperties(message_id=name)
        )
    channel.close()


def found(on: Session) -> list[str]:
    return sorted(letter.key for letter in letters.letters(on, EVERY))


def test_letters_that_were_read_are_there_for_the_next_reader(system: System) -> None:
    names = [f"letter-{number:04}" for number in range(300)]
    with session(system.broker, "test") as on:
        bury(on, names)
        for _ in range(20):
            assert found(on) == names


def test_letters_that_were_not_wanted_are_there_at_once(system: System) -> None:
    names = [f"letter-{number:04}" for number in range(40)]
    with session(system.broker, "test") as on:
        bury(on, names)
        while names:
            assert letters.discard(on, letters.matching(names.pop(), "", "")) == 1
            assert found(on) == names


def test_letters_that_were_not_looked_at_are_there_at_once(system: System) -> None:
    names = [f"letter-{number:04}" for number in range(300)]
    with session(system.broker, "test") as on:
        bury(on, names)
        for _ in range(20):
            looking = letters.letters(on, EVERY)
            assert next(looking).key in names
            looking.close()
            assert found(on) == names
