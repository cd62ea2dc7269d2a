"""RabbitMQ in Docker, as docker-compose.yml describes it."""

import shutil
import sys
from collections.abc import Callable

from course.brokers import probe
from course.brokers.base import Broker, Unavailable
from course.brokers.management import Management
from course.brokers.processes import CommandFailed, run
from course.brokers.state import Running
from course.errors import CouldNotCheck
from course.paths import COMPOSE_FILE, ROOT

START_SECONDS = 120
SERVICE = "rabbitmq"

Say = Callable[[str], None]


class DockerBroker(Broker):
    """The compose file's service `rabbitmq`, also if it was started by hand in this folder."""

    provider = "docker"
    management: Management

    def __init__(self, running: Running) -> None:
        self.running = running
        self.url = f"amqp://guest:guest@localhost:{running.amqp_port}/%2F"
        self.management = Management(
            f"http://localhost:{running.management_port}", "guest", "guest"
        )

    def restart(self) -> None:
        try:
            run(["docker", "restart", "-t", "30", self.running.details["container"]])
        except CommandFailed as error:
            raise CouldNotCheck(f"Docker did not restart the broker: {error}.") from None
        _wait(self)

    def close(self) -> None:
        """Stop and remove the container. Its volume, with all durable data, stays."""
        _compose_for(self.running, "down")

    def erase(self) -> None:
        """As `close`, and delete the data as well."""
        _compose_for(self.running, "down", "--volumes")

    def logs(self) -> None:
        """Print the container's last lines on stderr."""
        _compose_for(self.running, "logs", "--no-color", "--tail", "100", SERVICE, show=True)


def engine() -> str:
    """The version of the Docker engine that answers; raises Unavailable if none does."""
    if shutil.which("docker") is None:
        raise Unavailable("Docker is not installed")
    try:
        return run(["docker", "version", "--format", "{{.Server.Version}}"], timeout=15).strip()
    except CommandFailed:
        raise Unavailable("Docker is installed, but its engine does not run") from None


def compose() -> list[str]:
    """`docker compose` (v2) or the older `docker-compose`; raises Unavailable without either."""
    try:
        run(["docker", "compose", "version"], timeout=15)
        return ["docker", "compose"]
    except CommandFailed:
        if shutil.which("docker-compose"):
            return ["docker-compose"]
    raise Unavailable("Docker is there, but neither `docker compose` nor docker-compose is")


def image() -> str:
    """The image that the compose file asks for, with the environment taken into account."""
    text = run([*compose(), "-f", COMPOSE_FILE, "config"])
    lines = (line.strip() for line in text.splitlines())
    return next(line.removeprefix("image:").strip() for line in lines if line.startswith("image:"))


def has_image(name: str) -> bool:
    """Whether the image is on this machine already."""
    try:
        run(["docker", "image", "inspect", name])
    except CommandFailed:
        return False
    return True


def find() -> DockerBroker | None:
    """The broker of this folder if its container runs, whoever started it."""
    labels = (
        f"com.docker.compose.service={SERVICE}",
        f"com.docker.compose.project.working_dir={ROOT}",
    )
    filters = [part for label in labels for part in ("--filter", f"label={label}")]
    try:
        ids = run(["docker", "ps", "--quiet", *filters], timeout=15).split()
        return DockerBroker(_describe(ids[0])) if ids else None
    except (CommandFailed, CouldNotCheck):
        return None


def start(say: Say) -> DockerBroker:
    """Start the container and wait until it answers. Raises Unavailable if Docker cannot."""
    engine()
    _get_image(say)
    broker = _up(say)
    _wait(broker)
    return broker


def _get_image(say: Say) -> None:
    name = image()
    if has_image(name):
        return
    say(f"Fetching the Docker image {name}, once (about 100 MB) ...")
    try:
        run(["docker", "pull", name], timeout=900, show=sys.stderr.isatty())
    except CommandFailed as error:
        raise Unavailable(f"the image {name} is not here and cannot be fetched: {error}") from None


def _up(say: Say) -> DockerBroker:
    amqp, management = probe.free_port(5672), probe.free_port(15672)
    for port, wanted, what in ((amqp, 5672, "AMQP"), (management, 15672, "the management UI")):
        if port != wanted:
            say(f"Port {wanted} is taken, so {what} is on port {port}.")
    say("Starting RabbitMQ in Docker (10 to 30 seconds) ...")
    running = Running(
        provider="docker",
        amqp_port=amqp,
        management_port=management,
        details={"project": _project()},
    )
    _compose_for(running, "up", "--detach", SERVICE)
    container = _compose_for(running, "ps", "--quiet", SERVICE).split()
    if not container:
        raise Unavailable("Docker started the broker, and it ended at once: ./learn broker logs")
    running.details["container"] = container[0]
    return DockerBroker(running)


def _project() -> str:
    """A compose project name of this clone's own, so that two clones have two brokers."""
    import hashlib

    return f"rabbitmq-course-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"


def _compose_for(running: Running, *words: str, show: bool = False) -> str:
    environment = {
        "LEARN_AMQP_PORT": str(running.amqp_port),
        "LEARN_MANAGEMENT_PORT": str(running.management_port),
    }
    project = running.details["project"]
    try:
        return run(
            [*compose(), "--project-name", project, "--file", COMPOSE_FILE, *words],
            timeout=180, environment=environment, show=show,
        )  # fmt: skip
    except CommandFailed as error:
        raise Unavailable(f"docker compose {words[0]} failed: {error}") from None


def _describe(container: str) -> Running:
    """Read project and published ports from a running container."""
    label = '{{index .Config.Labels "com.docker.compose.project"}}'
    project = run(["docker", "inspect", "--format", label, container]).strip()
    ports = {}
    for inside in (5672, 15672):
        first = run(["docker", "port", container, f"{inside}/tcp"]).splitlines()[0]
        ports[inside] = int(first.rpartition(":")[2])
    return Running(
        provider="docker",
        amqp_port=ports[5672],
        management_port=ports[15672],
        details={"project": project, "container": container},
    )


def _wait(broker: DockerBroker) -> None:
    try:
        probe.wait_until_ready(broker.url, START_SECONDS)
        broker.management.wait_until_ready(START_SECONDS)
    except CouldNotCheck:
        raise Unavailable(
            f"RabbitMQ in Docker did not answer within {START_SECONDS} seconds; "
            "see: ./learn broker logs"
        ) from None
