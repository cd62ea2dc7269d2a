"""What a check works with: the learner's programs, their frames, faults, and a connection."""

import importlib
import random
import types
from typing import TYPE_CHECKING, Any, TypeVar

from course.errors import CouldNotCheck
from course.grading import tree
from course.grading.bench import Setting
from course.grading.client import Client, Message, QueueState
from course.grading.programs import Programs
from course.grading.wire import Who, globs, name_of

if TYPE_CHECKING:
    from course.tap.rules import Rule
    from course.tap.tap import Tap

R = TypeVar("R", bound="Rule")


class Lab(Programs):
    """The `lab` fixture. Times are in seconds. See exercises/README.md."""

    def __init__(self, setting: Setting, tap: "Tap") -> None:
        super().__init__(setting, tap)
        self.seed = setting.seed
        self.random = random.Random(f"{setting.seed}/{setting.check}")  # noqa: S311 - inputs
        self.provider = setting.provider
        self.version = setting.version
        self._client = Client(setting.url, frozenset({"x-tap-message"}))

    @property
    def rules(self) -> types.ModuleType:
        """The faults that the tap knows: course.tap.rules."""
        return importlib.import_module("course.tap.rules")

    # -- the grader's own connection, straight to the broker

    def publish(
        self, body: object, routing_key: str = "", exchange: str = "", **properties: Any
    ) -> bool:
        """Publish with a confirm: bytes, text, or a dict as JSON. Whether a queue took it."""
        self._check()
        where = f"{exchange!r} with {routing_key!r}" if exchange else f"the queue {routing_key!r}"
        self.setting.note(f"publish to {where}")
        return self._client.publish(body, routing_key, exchange, **properties)

    def declare_queue(
        self, name: str = "", *, durable: bool = True, exclusive: bool = False,
        auto_delete: bool = False, **arguments: Any,
    ) -> str:  # fmt: skip
        """Declare a queue, with a name of ours if none is given; return its name."""
        name = name or f"lab-{self.random.getrandbits(40):010x}"
        options = {"durable": durable, "exclusive": exclusive, "auto_delete": auto_delete}
        self._client.declare_queue(name, {**options, "arguments": arguments or None})
        return name

    def declare_exchange(self, name: str, type: str, *, durable: bool = True) -> None:
        self._client.declare_exchange(name, type, {"durable": durable})

    def bind(
        self, queue: str, exchange: str, routing_key: str = "",
        arguments: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self._client.bind(queue, exchange, routing_key, arguments)

    def delete_queue(self, name: str) -> None:
        """Delete a queue with all that is in it; nothing happens if there is none."""
        self._check()
        self.setting.note(f"delete the queue {name!r}")
        self._client.delete_queue(name)

    def get(self, queue: str) -> Message | None:
        """Take the first message of a queue; None if there is none, or no such queue."""
        return self._client.get(queue)

    def drain(self, queue: str) -> list[Message]:
        """Take all messages that are ready in a queue."""
        return list(iter(lambda: self._client.get(queue), None))

    def queue(self, name: str) -> QueueState | None:
        """The queue as the broker counts it; None if there is none of that name."""
        return self._client.queue(name)

    def exchange_exists(self, name: str, type: str | None = None) -> bool:
        """Whether there is such an exchange, of this type."""
        return self._client.exchange(name, type)

    # -- faults

    def cut(self, process: Who) -> int:
        """Cut every connection of the process now; how many there were."""
        self.setting.note(f"cut the connection of {name_of(process)}")
        return sum(self.tap.cut(pattern) for pattern in globs(process))

    def add(self, rule: R) -> R:
        """Let the tap follow a rule of `lab.rules` from now on."""
        self.setting.note(f"fault: {type(rule).__name__.lower()}")
        return self.tap.add(rule)

    def restart_broker(self) -> None:
        """Restart the broker, and return when it accepts connections again."""
        self.setting.note("restart the broker")
        self.setting.restart()
        self._client.connect()

    # -- the grader's

    def broker_lives(self) -> bool:
        """Whether the broker has been there all the time, but for the restarts we asked for."""
        return self._client.lives()

    def close(self) -> None:
        """End every program and let go of the broker."""
        self._watchdog.stop()
        for process in self._running():
            tree.kill(process.pid)
        left = tree.end(self.setting.token, self.setting.roots)
        for process in self.processes:
            process.wait(1)
        self._client.close()
        if left:
            raise CouldNotCheck(f"{len(left)} processes of your program could not be stopped.")
