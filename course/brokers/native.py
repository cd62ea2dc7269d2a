"""A RabbitMQ that is installed on this machine, run as a private node on 127.0.0.1.

It has its own node name, ports, data, logs, configuration, Erlang cookie and epmd, so that it never
meets a system-wide node. Source of the variables: https://www.rabbitmq.com/docs/configure and
https://www.erlang.org/doc/apps/erts/epmd_cmd
"""

import contextlib
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from course.brokers import probe
from course.brokers.base import Broker, Unavailable
from course.brokers.management import Management
from course.brokers.processes import CommandFailed, end, remember, run, start_detached
from course.brokers.state import Running
from course.errors import CouldNotCheck
from course.paths import work

START_SECONDS = 120
STOP_SECONDS = 30
SUFFIX = ".bat" if sys.platform == "win32" else ""
# Debian's rabbitmq-server on PATH is a wrapper that only root and the user rabbitmq may run.
UNWRAPPED = (Path("/usr/lib/rabbitmq/bin"), Path("/opt/homebrew/sbin"), Path("/usr/local/sbin"))


class NativeBroker(Broker):
    """A private node. `folder` holds everything that belongs to it."""

    provider = "native"
    management: Management

    def __init__(self, running: Running) -> None:
        self.running = running
        self.folder = Path(running.details["folder"])
        self.url = f"amqp://guest:guest@127.0.0.1:{running.amqp_port}/%2F"
        self.management = Management(
            f"http://127.0.0.1:{running.management_port}", "guest", "guest"
        )

    def restart(self) -> None:
        self._stop_node()
        self._start_node()

    def close(self) -> None:
        """Stop the node and its epmd. Its data stays in the folder."""
        self._stop_node()
        end(self.folder / "epmd.process", 5)

    def erase(self) -> None:
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def logs(self) -> None:
        """Print the node's last lines on stderr."""
        files = sorted(self.folder.glob("log/*.log"), key=lambda file: file.stat().st_mtime)
        for file in files[-1:]:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            print(*lines[-100:], sep="\n", file=sys.stderr)

    def _start_node(self) -> None:
        """Start it and wait until AMQP and the management API answer."""
        server = start_detached(
            [_scripts() / f"rabbitmq-server{SUFFIX}"],
            self.folder / "server.out",
            _environment(self.running),
        )
        remember(self.folder / "server.process", server)
        try:
            probe.wait_until_ready(self.url, START_SECONDS)
            self.management.wait_until_ready(START_SECONDS)
        except CouldNotCheck:
            self.close()
            raise Unavailable(
                f"rabbitmq-server did not come up within {START_SECONDS} seconds; "
                f"its last words are in {self.folder / 'server.out'} and {self.folder / 'log'}"
            ) from None

    def _stop_node(self) -> None:
        if sys.platform == "win32":  # there is no SIGTERM that it could answer to
            with contextlib.suppress(CommandFailed):
                ctl = _scripts() / f"rabbitmqctl{SUFFIX}"
                run([ctl, "stop"], timeout=STOP_SECONDS, environment=_environment(self.running))
        end(self.folder / "server.process", STOP_SECONDS)


def _scripts() -> Path:
    """The folder of RabbitMQ's scripts; raises Unavailable if it is not installed."""
    on_path = shutil.which(f"rabbitmq-server{SUFFIX}")
    folders = [*UNWRAPPED, *([Path(on_path).parent] if on_path else [])]
    if sys.platform == "win32":
        programs = Path(os.environ.get("PROGRAMFILES", r"C:\Program Files")) / "RabbitMQ Server"
        folders = [*sorted(programs.glob("rabbitmq_server-*/sbin"), reverse=True), *folders]
    for folder in folders:
        if (folder / f"rabbitmq-server{SUFFIX}").is_file():
            return folder
    raise Unavailable("rabbitmq-server is not installed")


def installed_version() -> str:
    """For example "3.10.8". Raises Unavailable if RabbitMQ is not installed."""
    # Read from its folders' names: `rabbitmq-server --version` starts a node, and
    # `rabbitmqctl version` an epmd that listens on every interface and stays.
    scripts = _scripts()
    program = (scripts / f"rabbitmq-server{SUFFIX}").resolve()
    nearby = [*scripts.parent.glob("lib/rabbitmq_server-*"), program]
    found = re.findall(r"rabbitmq(?:_server-|/)(\d+\.\d+\.\d+)", " ".join(map(str, nearby)))
    return found[0] if found else "of an unknown version"


def start(say: Callable[[str], None]) -> NativeBroker:
    """Start a private node. Raises Unavailable if RabbitMQ is not installed or does not start."""
    _scripts()
    folder = work() / "native-rabbitmq"
    (folder / "log").mkdir(parents=True, exist_ok=True)
    taken = [probe.free_port(5672), probe.free_port(15672)]
    if taken[0] != 5672:
        say(f"Port 5672 is taken, so AMQP is on port {taken[0]}.")
    running = Running(
        provider="native",
        amqp_port=taken[0],
        management_port=taken[1],
        details={
            "folder": str(folder),
            "distribution_port": str(probe.free_port(0)),
            "epmd_port": str(probe.free_port(0)),
        },
    )
    say("Starting a private RabbitMQ node on this machine (5 to 30 seconds) ...")
    _write_configuration(folder, running)
    broker = NativeBroker(running)
    broker.close()  # one that an interrupted command left behind would hold the data
    epmd = shutil.which("epmd")
    if epmd:  # started by the node itself it would do the same, but nobody would stop it
        port = running.details["epmd_port"]
        command = [epmd, "-address", "127.0.0.1", "-port", port]
        remember(folder / "epmd.process", start_detached(command, folder / "epmd.out", {}))
    broker._start_node()
    return broker


def _write_configuration(folder: Path, running: Running) -> None:
    (folder / "conf.d").mkdir(exist_ok=True)
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{running.amqp_port}\n"
        "management.tcp.ip = 127.0.0.1\n"
        f"management.tcp.port = {running.management_port}\n",
        encoding="utf-8",
    )
    (folder / "advanced.config").write_text("[].\n", encoding="utf-8")
    (folder / "enabled_plugins").write_text("[rabbitmq_management].\n", encoding="utf-8")
    (folder / "rabbitmq-env.conf").write_text("", encoding="utf-8")


def _environment(running: Running) -> dict[str, str]:
    """Every variable that would otherwise point to a system node's files or ports."""
    folder = Path(running.details["folder"])
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    return {
        "HOME": str(folder),  # Erlang's cookie lives there
        "RABBITMQ_NODENAME": f"learn-{name}@localhost",
        "RABBITMQ_NODE_PORT": str(running.amqp_port),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": running.details["distribution_port"],
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONFIG_FILES": str(folder / "conf.d"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": running.details["epmd_port"],
    }
