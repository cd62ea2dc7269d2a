"""Brokers for the tests: RabbitMQ through testcontainers, and a private native node.

Tests that need one are skipped where there is none, and the summary says why. With
LEARN_REQUIRE_RABBITMQ=1, as in CI, they fail instead.
"""

import os
import signal
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from course.brokers import Broker, docker, native
from course.brokers import embedded as embedded_broker
from course.brokers.base import Unavailable
from course.brokers.processes import end
from tests.support import ContainerBroker, any_ports

REPOSITORY = Path(__file__).resolve().parent.parent


def required() -> bool:
    return os.environ.get("LEARN_REQUIRE_RABBITMQ") == "1"


def skip_or_fail(reason: str) -> None:
    """The end of a test whose broker is missing."""
    if required():
        pytest.fail(f"RabbitMQ is required here, but {reason}", pytrace=False)
    pytest.skip(f"no RabbitMQ: {reason}")


@pytest.fixture(autouse=True)
def own_work_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No test reads or writes the learner's files, meets the learner's broker, or leaves one."""
    folder = tmp_path / "work"
    monkeypatch.setenv("LEARN_WORK", str(folder))
    monkeypatch.delenv("RABBITMQ_URL", raising=False)
    monkeypatch.delenv("RABBITMQ_MANAGEMENT_URL", raising=False)
    yield folder
    for note in folder.rglob("*.process"):
        end(note, 10)


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def docker_engine() -> str:
    """The Docker engine's version."""
    try:
        version = docker.engine()
        docker.compose()
    except Unavailable as error:
        skip_or_fail(str(error))
    return version


@pytest.fixture(scope="session")
def rabbitmq(docker_engine: str) -> Iterator[Broker]:
    """RabbitMQ in a container of its own, the same image as the course's. Tests may restart it."""
    if not docker.has_image(docker.image()):
        try:
            docker.run(["docker", "pull", docker.image()], timeout=600)
        except docker.CommandFailed as error:
            skip_or_fail(f"the image {docker.image()} cannot be fetched: {error}")
    with ContainerBroker.running(docker.image()) as broker:
        yield broker


@pytest.fixture(scope="session")
def native_rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The RabbitMQ that is installed here, as a private node."""
    try:
        native.installed_version()
    except Unavailable as error:
        skip_or_fail(str(error))
    yield from _started(native.start, tmp_path_factory.mktemp("native node"))


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """burrow, as the course starts it where there is nothing but Python."""
    yield from _started(embedded_broker.start, tmp_path_factory.mktemp("embedded"))


def _started(start: Callable[[Callable[[str], None]], Broker], folder: Path) -> Iterator[Broker]:
    """A broker as the course starts it, with its files in a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEARN_WORK", str(folder))
        with any_ports():
            broker = start(print)
        try:
            yield broker
        finally:
            broker.close()


@pytest.fixture(scope="session")
def docker_or_embedded(request: pytest.FixtureRequest) -> Broker:
    """RabbitMQ in Docker; without Docker burrow, so that the lessons are tested there, too."""
    try:
        docker.engine()
    except Unavailable as error:
        if required():
            skip_or_fail(str(error))
        return request.getfixturevalue("embedded")
    return request.getfixturevalue("rabbitmq")


def pytest_configure() -> None:
    """What we start shall not have from us that Ctrl-C is ignored, or compile all modules anew."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # by a shell that starts us behind it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Which process runs a test: those on RabbitMQ run in three, each with a container of its own.

    Tests on a native node are slow, as its start is, and run in one.
    """
    fixtures = set(getattr(item, "fixturenames", ()))
    if hasattr(item, "callspec"):
        fixtures.update(value for value in item.callspec.params.values() if isinstance(value, str))
    if "native_rabbitmq" in fixtures:
        item.add_marker(pytest.mark.slow)
        item.add_marker(pytest.mark.xdist_group("native_rabbitmq"))
    elif {"rabbitmq", "docker_or_embedded"} & fixtures:
        third = zlib.crc32(item.nodeid.encode()) % 3
        item.add_marker(pytest.mark.xdist_group(f"rabbitmq-{third}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many tests were left out, and why."""
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in reasons.items():
        terminalreporter.write_line(f"Left out {count} tests: {reason}")
