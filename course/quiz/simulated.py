"""A local model of a broker, for where there is none. Tests compare it with RabbitMQ 4.3."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from course.quiz.lab import Counts, Lab, Topology
from course.quiz.matching import check, takes
from course.quiz.parts import Script
from course.quiz.steps import (
    Ack,
    Bind,
    Close,
    Consume,
    Declare,
    Expire,
    Nack,
    Publish,
    Step,
)


class Simulated(Lab):
    """Answers from the model, and for scripts with the answer that the quiz file records."""

    simulated = True

    def describe(self) -> str:
        return "simulated"

    def route(self, topology: Topology, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        for _, binding_key in topology.bindings:
            check(topology.exchange_type, binding_key)
        return {
            key: tuple(
                queue
                for queue in topology.queues
                if any(
                    name == queue and takes(topology.exchange_type, binding_key, key)
                    for name, binding_key in topology.bindings
                )
            )
            for key in keys
        }

    def count(self, steps: Sequence[Step], queue: str) -> Counts:
        model = Model()
        for step in steps:
            model.take(step)
        return model.counts(queue)

    def last_line(self, script: Script) -> str:
        return script.answer


@dataclass(eq=False)
class _Message:
    position: int
    returned: bool = False
    expired: bool = False


@dataclass
class _Queue:
    declared: Declare
    ready: list[_Message] = field(default_factory=list)


@dataclass
class _Consumer:
    started: Consume
    held: list[_Message] = field(default_factory=list)

    @property
    def has_room(self) -> bool:
        limited = self.started.prefetch and not self.started.auto_ack
        return not limited or len(self.held) < self.started.prefetch


class Model:
    """Queues, bindings and consumers, changed step by step."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}
        self._bindings: list[Bind] = []
        self._consumers: dict[str, _Consumer] = {}  # in the order of their turns
        self._published = 0

    def take(self, step: Step) -> None:
        """Do one step, and let the queues deliver what they can."""
        if isinstance(step, Declare):
            self._queues[step.queue] = _Queue(step)
        elif isinstance(step, Bind):
            self._bindings.append(step)
        elif isinstance(step, Publish):
            for _ in range(step.count):
                for name in self._routed(step):
                    self._put(name)
        elif isinstance(step, Consume):
            self._consumers[step.consumer] = _Consumer(step)
            self._deliver(step.queue)
        elif isinstance(step, Expire):
            self._expire(step.queue)
        else:
            self._settle(step)

    def counts(self, name: str) -> Counts:
        """What is in the queue now."""
        ready = self._queues[name].ready
        held = [c.held for c in self._consumers.values() if c.started.queue == name]
        returned = sum(message.returned for message in ready)
        return Counts(len(ready), sum(map(len, held)), returned)

    def _settle(self, step: Ack | Nack | Close) -> None:
        consumer = self._consumers[step.consumer]
        queue = self._queues[consumer.started.queue]
        if isinstance(step, Close):
            settled, consumer.held = consumer.held, []
            del self._consumers[step.consumer]
        else:
            settled, consumer.held = consumer.held[: step.count], consumer.held[step.count :]
        if isinstance(step, Close) or (isinstance(step, Nack) and step.requeue):
            for message in settled:
                message.returned = True
            gone = [message for message in settled if message.expired]
            back = [message for message in settled if not message.expired]
            queue.ready = sorted([*queue.ready, *back], key=lambda message: message.position)
            self._dead_letter(queue, gone)
        elif isinstance(step, Nack):
            for message in settled:  # odd, and what RabbitMQ 4.3.6 does, whatever the flag was
                message.returned = step.do == "reject"
            self._dead_letter(queue, settled)
        self._limit(queue)
        self._deliver(queue.declared.queue)

    def _routed(self, step: Publish) -> list[str]:
        if not step.exchange:
            return [step.key] if step.key in self._queues else []
        fitting = (
            bound.queue
            for bound in self._bindings
            if bound.exchange == step.exchange and takes(bound.type, bound.key, step.key)
        )
        return list(dict.fromkeys(fitting))

    def _put(self, name: str, returned: bool = False) -> None:
        queue = self._queues[name]
        self._published += 1
        queue.ready.append(_Message(self._published, returned))
        self._deliver(name)
        self._limit(queue)

    def _limit(self, queue: _Queue) -> None:
        limit = queue.declared.max_length
        if limit is not None and len(queue.ready) > limit:
            dropped, queue.ready = queue.ready[:-limit], queue.ready[-limit:]
            self._dead_letter(queue, dropped)

    def _expire(self, name: str) -> None:
        queue = self._queues[name]
        for consumer in self._consumers.values():
            if consumer.started.queue == name:
                for message in consumer.held:
                    message.expired = True
        gone, queue.ready = queue.ready, []
        self._dead_letter(queue, gone)

    def _dead_letter(self, queue: _Queue, gone: list[_Message]) -> None:
        target = queue.declared.dead_letter_to
        for message in gone:
            if target and target in self._queues:
                self._put(target, message.returned)

    def _deliver(self, name: str) -> None:
        """Hand out ready messages, oldest first, to the consumers with room, in turns."""
        queue = self._queues[name]
        while queue.ready:
            free = [
                consumer
                for consumer in self._consumers.values()
                if consumer.started.queue == name and consumer.has_room
            ]
            if not free:
                return
            message = queue.ready.pop(0)
            consumer = free[0]
            if not consumer.started.auto_ack:
                consumer.held.append(message)
            turn = consumer.started.consumer  # it goes to the end of the line
            self._consumers[turn] = self._consumers.pop(turn)
