"""Look at everything the course needs on this machine, and name the fix for what is missing."""

import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from course.brokers import choose, docker, native, probe, state
from course.brokers.base import Unavailable
from course.errors import CourseError
from course.paths import ROOT, work

Say = Callable[[str], None]


@dataclass(frozen=True)
class Finding:
    """One line of the report. `fix` is empty if all is well; without `needed` it may stay so."""

    what: str
    fix: str = ""
    needed: bool = True

    @property
    def ok(self) -> bool:
        return not self.fix


def examine(say: Say) -> Iterator[Finding]:
    """All findings, in the order in which they matter. Starts and changes nothing."""
    yield _python()
    yield _environment()
    yield _write_access()
    yield from _docker()
    yield _native()
    found = _broker(say)
    yield from _ports(broker_runs=found.ok)
    yield found


def _python() -> Finding:
    return Finding(f"Python {'.'.join(map(str, sys.version_info[:3]))}")


def _environment() -> Finding:
    if sys.prefix == sys.base_prefix:
        return Finding(
            f"packages come from {sys.prefix}, not from .venv", "start the course with ./learn"
        )
    return Finding(f"packages in {sys.prefix}")


def _write_access() -> Finding:
    folder = work()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Finding(f"{folder} can be written")
    except OSError as error:
        return Finding(
            f"{folder} cannot be written: {error.strerror}",
            f"make it yours, or set LEARN_WORK to another folder: {_own(folder)}",
        )


def _docker() -> Iterator[Finding]:
    try:
        yield Finding(f"Docker engine {docker.engine()}")
        yield Finding(f"compose: {' '.join(docker.compose())}")
        name = docker.image()
        if docker.has_image(name):
            yield Finding(f"image {name}")
        else:
            yield Finding(f"image {name} is not here yet", f"docker pull {name}", needed=False)
    except CourseError as error:
        yield Finding(str(error).rstrip("."), _docker_fix(str(error)), needed=False)


def _docker_fix(problem: str) -> str:
    if "neither" in problem:
        return _install(_compose_package(), "Docker.DockerDesktop", mac="docker-compose")
    if "engine" in problem:
        if sys.platform != "linux":
            return "start Docker Desktop and wait until it says that it runs"
        return "sudo systemctl start docker; then sudo usermod -aG docker $USER and log in again"
    return _install(f"docker.io {_compose_package()}", "Docker.DockerDesktop", mac="--cask docker")


def _compose_package() -> str:
    """Ubuntu's own name for it, or that of Debian and of most others."""
    try:
        ubuntu = platform.freedesktop_os_release()["ID"] == "ubuntu"
    except OSError:
        ubuntu = False
    return "docker-compose-v2" if ubuntu else "docker-compose"


def _native() -> Finding:
    try:
        return Finding(f"rabbitmq-server {native.installed_version()}")
    except Unavailable as error:
        fix = _install("rabbitmq-server", "", mac="rabbitmq")
        if sys.platform == "win32":
            fix = "the installer is at https://www.rabbitmq.com/docs/install-windows"
        return Finding(str(error), f"only without Docker: {fix}", needed=False)


def _ports(broker_runs: bool) -> Iterator[Finding]:
    for port, what in ((5672, "AMQP"), (15672, "management UI")):
        if probe.free_port(port) == port:
            yield Finding(f"port {port} ({what}) is free")
        elif broker_runs:
            yield Finding(f"port {port} ({what}) is in use")
        else:
            yield Finding(f"port {port} ({what}) is taken: the course will choose another")


def _broker(say: Say) -> Finding:
    try:
        choice = choose.current(state.load(say))
        if choice is not None:
            return Finding(f"broker: {choice.broker.describe()}")
    except CourseError as error:
        return Finding(
            f"broker: {str(error).rstrip('.')}", "check the URL, or: ./learn broker use auto"
        )
    return Finding("no broker is running", "./learn broker up", needed=False)


def _install(apt: str, winget: str, mac: str = "") -> str:
    """The command that installs a package on this operating system."""
    if sys.platform == "win32":
        return f"winget install {winget}"
    if sys.platform == "darwin":
        return f"brew install {mac or apt}"
    if shutil.which("apt-get"):
        return f"sudo apt install {apt}"
    manager = next(filter(shutil.which, ("dnf", "zypper", "pacman", "apk")), "your package manager")
    return f"install {apt} with {manager}"


def _own(folder: object) -> str:
    return f'icacls "{folder}"' if sys.platform == "win32" else f"sudo chown -R $USER {folder}"


def summary(findings: list[Finding]) -> str:
    """The last line of the report."""
    broken = [finding for finding in findings if not finding.ok and finding.needed]
    if not broken:
        return f"All that the course needs is here ({ROOT})."
    return f"{len(broken)} thing{'s' * (len(broken) > 1)} to fix first; each names how."
