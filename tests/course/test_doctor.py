"""The doctor names what is missing, and how to get it on this operating system."""

import socket
import sys
from pathlib import Path

import pytest

from course import doctor
from course.brokers import docker, native, probe
from course.brokers.base import Unavailable
from course.doctor import Finding


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with neither Docker nor RabbitMQ."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(native, "UNWRAPPED", ())


def findings() -> dict[str, Finding]:
    return {finding.what: finding for finding in doctor.examine(pytest.fail)}


def test_python_packages_and_folder_come_first() -> None:
    first = list(doctor.examine(pytest.fail))[:3]
    assert first[0].what == f"Python {sys.version.split()[0]}"
    assert first[1].what == f"packages in {sys.prefix}"
    assert "can be written" in first[2].what


def test_every_finding_is_one_line_and_each_fault_has_its_fix(nothing: None) -> None:
    for what, finding in findings().items():
        assert "\n" not in what
        assert finding.ok or finding.fix


@pytest.mark.parametrize(
    ("platform", "programs", "docker_fix", "native_fix"),
    [
        (
            "linux",
            ["apt-get"],
            "apt install docker.io docker-compose",
            "sudo apt install rabbitmq-server",
        ),
        ("linux", ["dnf"], "install docker.io docker-compose with dnf", "with dnf"),
        ("linux", [], "with your package manager", "with your package manager"),
        ("darwin", [], "brew install --cask docker", "brew install rabbitmq"),
        ("win32", [], "winget install Docker.DockerDesktop", "install-windows"),
    ],
)
def test_without_any_broker_the_fixes_are_those_of_the_system(
    nothing: None,
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    programs: list[str],
    docker_fix: str,
    native_fix: str,
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("shutil.which", lambda name: name if name in programs else None)
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: {"ID": "debian"})
    found = findings()
    assert docker_fix in found["Docker is not installed"].fix
    assert native_fix in found["rabbitmq-server is not installed"].fix
    none = found["no broker is running"]
    assert (none.ok, none.needed) == (False, False)  # the embedded one can always be had


@pytest.mark.parametrize(("system", "package"), [("ubuntu", "-v2"), ("debian", ""), (None, "")])
def test_the_compose_package_has_the_name_that_the_system_gives_it(
    monkeypatch: pytest.MonkeyPatch, system: str | None, package: str
) -> None:
    def release() -> dict[str, str]:
        if system is None:
            raise OSError("no os-release file")
        return {"ID": system}

    monkeypatch.setattr("platform.freedesktop_os_release", release)
    assert doctor._docker_fix("Docker is not installed").endswith(
        f"docker.io docker-compose{package}"
    )


@pytest.mark.parametrize(
    ("problem", "platform", "fix"),
    [
        ("Docker is installed, but its engine does not run", "linux", "systemctl start docker"),
        ("Docker is installed, but its engine does not run", "darwin", "start Docker Desktop"),
        ("Docker is there, but neither of its composes is", "darwin", "brew install docker-comp"),
    ],
)
def test_what_is_wrong_with_docker_has_its_own_fix(
    monkeypatch: pytest.MonkeyPatch, problem: str, platform: str, fix: str
) -> None:
    def fail() -> str:
        raise Unavailable(problem)

    monkeypatch.setattr(docker, "engine", fail)
    monkeypatch.setattr(docker, "find", lambda: None)
    monkeypatch.setattr(sys, "platform", platform)
    assert fix in findings()[problem].fix


def test_an_image_that_is_not_here_yet_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, answer in (("engine", "28"), ("compose", ["docker"]), ("image", "rabbitmq:x")):
        monkeypatch.setattr(docker, name, lambda answer=answer: answer)
    monkeypatch.setattr(docker, "has_image", lambda name: False)
    monkeypatch.setattr(docker, "find", lambda: None)
    finding = findings()["image rabbitmq:x is not here yet"]
    assert (finding.fix, finding.needed) == ("docker pull rabbitmq:x", False)


def test_a_broker_given_by_its_url_that_does_not_answer_is_a_fault(
    nothing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RABBITMQ_URL", "amqp://me:secret@127.0.0.1:1/%2F")
    last = list(doctor.examine(pytest.fail))[-1]
    assert last.what == "broker: no AMQP broker answers on 127.0.0.1, port 1"
    assert "./learn broker use auto" in last.fix
    assert last.needed


def test_a_port_of_another_program_is_told_and_is_no_fault(
    nothing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        real = probe.free_port
        taken = other.getsockname()[1]
        monkeypatch.setattr(probe, "free_port", lambda port: real(taken if port == 5672 else port))
        finding = findings()["port 5672 (AMQP) is taken: the course will choose another"]
    assert finding.ok


def test_a_folder_that_cannot_be_written_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "work"  # not even root can make a folder inside a file
    monkeypatch.setenv("LEARN_WORK", str(folder))
    finding = list(doctor.examine(lambda line: None))[2]
    assert finding.what.startswith(f"{folder} cannot be written: ")
    assert finding.needed
    assert "LEARN_WORK" in finding.fix


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        (0, "All that the course needs is here"),
        (1, "1 thing to fix first"),
        (2, "2 things to fix first"),
    ],
)
def test_the_summary_counts_what_is_needed(faults: int, said: str) -> None:
    minor = Finding("a", "fix", needed=False)
    assert doctor.summary([minor, *[Finding("b", "fix")] * faults]).startswith(said)
