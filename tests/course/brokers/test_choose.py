"""Which broker is chosen, without starting one."""

import socket
from collections.abc import Callable, Iterator

import pytest

from course.brokers import choose, docker, native, state
from course.brokers.base import Unavailable
from course.brokers.docker import DockerBroker
from course.brokers.native import NativeBroker
from course.brokers.state import BrokerState, Running
from course.errors import CouldNotCheck, WrongUse


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch, port: int) -> list[str]:
    """Providers that note what is done to them, and start at once on `port`."""
    noted: list[str] = []
    for module, kind, provider in (
        (docker, DockerBroker, "docker"),
        (native, NativeBroker, "native"),
    ):
        running = Running(
            provider=provider, amqp_port=port, management_port=port, details={"folder": "x"}
        )  # fmt: skip

        def start(say: Callable[[str], None], kind=kind, running=running, name=provider):
            noted.append(f"start {name}")
            return kind(running.model_copy())

        monkeypatch.setattr(module, "start", start)
        for action in ("close", "erase", "restart"):
            monkeypatch.setattr(
                kind, action, lambda self, what=f"{action} {provider}": noted.append(what)
            )
    monkeypatch.setattr(docker, "find", lambda: None)
    return noted


def unavailable(why: str) -> Callable[[object], None]:
    def fail(_: object) -> None:
        raise Unavailable(why)

    return fail


def test_an_unknown_name_brings_the_nearest() -> None:
    assert choose.parse("native") == "native"
    with pytest.raises(WrongUse, match=r"no broker 'natve'\. Did you mean native\?"):
        choose.parse("natve")


def test_docker_comes_first_and_is_remembered(calls: list[str]) -> None:
    choice = choose.ensure(pytest.fail)
    assert (choice.broker.provider, choice.why) == ("docker", "because Docker runs here")
    again = choose.ensure(pytest.fail)
    assert (again.broker.provider, again.why) == ("docker", "which is running")
    assert again.broker.url == choice.broker.url
    assert calls == ["start docker"]


def test_without_docker_it_is_native_and_the_reason_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(docker, "start", unavailable("its engine is off"))
    said: list[str] = []
    assert choose.ensure(said.append).broker.provider == "native"
    assert said == ["Not docker: its engine is off."]


def test_a_wish_is_not_replaced_by_another(
    monkeypatch: pytest.MonkeyPatch, calls: list[str]
) -> None:
    monkeypatch.setattr(docker, "start", unavailable("its engine is off"))
    with pytest.raises(CouldNotCheck, match="no broker to be had: its engine is off"):
        choose.ensure(pytest.fail, "docker")
    assert calls == []


def test_the_wish_for_one_command_goes_before_the_one_that_was_kept(calls: list[str]) -> None:
    choose.use("docker", None, pytest.fail)
    assert choose.ensure(pytest.fail).why == "as you chose"
    assert choose.ensure(pytest.fail, "native").broker.provider == "native"
    assert calls == ["start docker", "start native"]


def test_the_environments_url_goes_before_what_is_running(monkeypatch: pytest.MonkeyPatch) -> None:
    choose.ensure(pytest.fail)
    monkeypatch.setenv("RABBITMQ_URL", "amqp://elsewhere/")
    choice = choose.ensure(pytest.fail)
    assert (choice.broker.url, choice.why) == ("amqp://elsewhere/", "as RABBITMQ_URL says")
    assert choose.ensure(pytest.fail, "docker").broker.provider == "docker"


def test_a_url_once_given_is_kept_when_the_wish_changes() -> None:
    choose.use("url", "amqp://elsewhere/", pytest.fail)
    choose.use("auto", None, pytest.fail)
    choose.use("url", None, pytest.fail)
    assert choose.ensure(pytest.fail).broker.url == "amqp://elsewhere/"


def test_a_url_that_was_never_given_is_asked_for() -> None:
    with pytest.raises(CouldNotCheck, match=r"\./learn broker use url amqp://"):
        choose.ensure(pytest.fail, "url")


def test_a_broker_that_has_ended_is_cleared_up_and_started_anew(
    calls: list[str], port: int
) -> None:
    gone = Running(provider="docker", amqp_port=1, management_port=1)
    state.save(BrokerState(running={"docker": gone}))
    assert choose.ensure(pytest.fail).broker.url.endswith(f":{port}/%2F")
    assert calls == ["close docker", "start docker"]


def test_down_stops_all_that_the_course_started_and_nothing_else(calls: list[str]) -> None:
    for name in ("docker", "native"):
        choose.ensure(pytest.fail, name)
    calls.clear()
    assert {broker.provider for broker in choose.stop(pytest.fail)} == {"docker", "native"}
    assert sorted(calls) == ["close docker", "close native"]
    assert state.load(pytest.fail).running == {}
    assert choose.stop(pytest.fail) == []


def test_reset_erases(calls: list[str]) -> None:
    choose.ensure(pytest.fail, "native")
    choose.stop(pytest.fail, erase=True)
    assert calls == ["start native", "erase native"]


def test_restart_is_for_what_is_running(calls: list[str]) -> None:
    with pytest.raises(CouldNotCheck, match="no broker is running"):
        choose.restart(pytest.fail)
    choose.ensure(pytest.fail)
    choose.restart(pytest.fail)
    assert calls == ["start docker", "restart docker"]
