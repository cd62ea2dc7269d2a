"""Which broker: what the learner asked for, else what is running, else the first that works."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from course.brokers import docker, embedded, native, state
from course.brokers.base import Broker, Unavailable
from course.brokers.docker import DockerBroker
from course.brokers.embedded import EmbeddedBroker
from course.brokers.native import NativeBroker
from course.brokers.probe import is_listening
from course.brokers.state import BrokerState, Preference, Running
from course.brokers.url import UrlBroker
from course.errors import CouldNotCheck, unknown

Say = Callable[[str], None]
Own = (
    DockerBroker | NativeBroker | EmbeddedBroker
)  # providers whose brokers the course starts and stops

NAMES: tuple[Preference, ...] = ("auto", "url", "docker", "native", "embedded")
OTHER = "Another: ./learn broker use docker|native|embedded|url"


@dataclass(frozen=True)
class Choice:
    """A running broker, and why it is this one."""

    broker: Broker
    why: str

    def __str__(self) -> str:
        note = f"\n{self.broker.note}" if self.broker.note else ""
        return f"Broker: {self.broker.describe()}, {self.why}. {OTHER}{note}"


def parse(name: str) -> Preference:
    """Check a broker's name from the command line; WrongUse with the nearest one if unknown."""
    for known in NAMES:
        if name == known:
            return known
    raise unknown("broker", name, NAMES, "./learn broker --help")


def current(now: BrokerState, wanted: Preference | None = None) -> Choice | None:
    """The broker that runs already and fits the wish; None if one would have to be started."""
    wish = wanted or now.use
    url = os.environ.get("RABBITMQ_URL") or now.url
    if wish == "url" or (wish == "auto" and os.environ.get("RABBITMQ_URL")):
        if not url:
            raise CouldNotCheck(
                "no URL is known for the broker. Give one: "
                "./learn broker use url amqp://user:password@host:5672/%2F"
            )
        why = "as RABBITMQ_URL says" if os.environ.get("RABBITMQ_URL") else "as you chose"
        return Choice(UrlBroker(url), why)
    for provider, running in now.running.items():
        broker = attach(running)
        if wish in ("auto", provider) and is_listening(broker.url):
            return Choice(broker, "as you chose" if wish == provider else "which is running")
    if wish in ("auto", "docker"):
        found = docker.find()
        if found is not None:
            return Choice(found, "which is running")
    return None


def ensure(say: Say, wanted: Preference | None = None) -> Choice:
    """The current broker, or a newly started one. Raises CouldNotCheck if there is none to have."""
    choice = current(state.load(say), wanted)
    if choice is not None:
        return choice
    with state.lock():  # another terminal may have started one by now
        now = state.load(say)
        choice = current(now, wanted)
        if choice is None:
            choice = _start(wanted or now.use, now, say)
            if isinstance(choice.broker, Own):
                now.running[choice.broker.provider] = choice.broker.running
                state.save(now)
        return choice


def restart(say: Say, wanted: Preference | None = None) -> Broker:
    """Restart the current broker; WrongUse if it is not ours to restart."""
    with state.lock():
        now = state.load(say)
        choice = current(now, wanted)
        if choice is None:
            raise CouldNotCheck("no broker is running. Start one: ./learn broker up")
        choice.broker.restart()
        return choice.broker


def attach(running: Running) -> Own:
    """The broker that an earlier command started."""
    kinds: dict[str, type[Own]] = {
        "docker": DockerBroker,
        "native": NativeBroker,
        "embedded": EmbeddedBroker,
    }
    return kinds[running.provider](running)


def stop(say: Say, *, erase: bool = False) -> list[Own]:
    """Stop the brokers that the course started, and with `erase` delete their data; return them."""
    with state.lock():
        now = state.load(say)
        stopped = [attach(running) for running in now.running.values()]
        for broker in stopped:
            if erase:
                broker.erase()
            else:
                broker.close()
            del now.running[broker.provider]
            state.save(now)
        return stopped


def use(name: Preference, url: str | None, say: Say) -> None:
    """Remember the wish for all later commands."""
    with state.lock():
        now = state.load(say)
        now.use = name
        now.url = url or now.url
        state.save(now)


def _start(wish: Preference, now: BrokerState, say: Say) -> Choice:
    reasons = []
    for provider, start, why in (
        ("docker", docker.start, "because Docker runs here"),
        ("native", native.start, "because rabbitmq-server is installed here"),
        ("embedded", embedded.start, "because it needs nothing but Python"),
    ):
        if wish not in ("auto", provider):
            continue
        if provider in now.running:  # it has ended behind our back: clear up what is left of it
            attach(now.running.pop(provider)).close()
        try:
            return Choice(start(say), "as you chose" if wish == provider else why)
        except Unavailable as error:
            reasons.append(str(error).rstrip("."))
            if wish == "auto":
                say(f"Not {provider}: {reasons[-1]}.")
    raise CouldNotCheck(
        f"no broker to be had: {'; '.join(reasons)}. The ways to get one: ./learn doctor"
    )
