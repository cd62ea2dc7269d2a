"""A lesson written for one test, in a repository of its own, played without a broker."""

import textwrap
from pathlib import Path

import psutil

from course.brokers import Broker, Capabilities
from course.player import page as pages
from course.player.page import Page
from course.player.play import Result, play
from tests.player_views import Silent

HELLO = """
    import sys
    for word in sys.argv[1:] or ["hello"]:
        print(word)
"""

# The player takes a script that names start_consuming for one that goes on until Ctrl-C.
CONSUMER = """
    import time
    try:
        print("waiting", flush=True)
        while True:
            time.sleep(0.01)  # in place of start_consuming
    except KeyboardInterrupt:
        pass
"""


class Recorded(Broker):
    """No broker, but it remembers that it was restarted."""

    provider = "recorded"
    url = "amqp://nobody@127.0.0.1:1/%2F"

    def __init__(self, version: tuple[int, ...] = (4, 3, 6), *, restarts: bool = True) -> None:
        self.restarted = 0
        self.capabilities = Capabilities("RabbitMQ", version, restart=restarts, vhosts=True)

    def restart(self) -> None:
        self.restarted += 1

    def close(self) -> None:
        """Nothing runs."""


class Lesson:
    """module_1/01_x in `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "module_1" / "01_x"
        self.folder.mkdir(parents=True)
        self.log = root / "logs" / "run.log"
        self.view = Silent()
        self.broker = Recorded()

    def script(self, name: str, source: str) -> None:
        (self.folder / name).write_text(textwrap.dedent(source), encoding="utf-8")

    def page(self, text: str) -> Page:
        """The page; in it `$ NAME.py` is short for `$ ./learn script module_1/01_x/NAME.py`."""
        lines = []
        for line in textwrap.dedent(text).splitlines():
            if line.startswith("$ ") and line.split()[1].endswith(".py"):
                line = f"$ ./learn script module_1/01_x/{line[2:]}"
            lines.append(line)
        readme = self.folder / "README.md"
        readme.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return pages.read(readme)

    def play(self, text: str, line_seconds: float = 20, section: str = "") -> Result:
        page = self.page(text)
        scenes = pages.choose(page, section) if section else page.scenes
        return play(page, scenes, self.broker, self.broker.url, self.view, self.log, line_seconds)

    def heard(self, terminal: str) -> list[str]:
        """What the view was told of a terminal, commands included."""
        return [text for name, text in self.view.told if name == terminal]


def running(folder: str) -> list[psutil.Process]:
    """The processes of scripts in the folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if any(word.startswith(folder) for word in process.info["cmdline"] or [])
        and process.info["status"] != psutil.STATUS_ZOMBIE
    ]
