"""Record a scene of a lesson, played for real, as the README's picture.

Usage: .venv/bin/python docs/record.py    (needs a broker; writes docs/run.svg)
"""

import re
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from course import catalog, console
from course.brokers import choose
from course.player import page as pages
from course.player.play import play
from course.player.show import Show

LESSON, SCENE = "3.1", "A worker dies"
TARGET = Path(__file__).with_name("run.svg")


def main() -> None:
    lesson = catalog.load().lesson(LESSON)
    page = pages.read(lesson.readme)
    with tempfile.TemporaryFile("w", encoding="utf-8") as nowhere:
        screen = Console(
            file=nowhere, record=True, width=80, force_terminal=True, highlight=False, emoji=False
        )
        output = console.Output(screen, screen, console.FANCY, plain=False)
        broker = choose.ensure(print).broker
        with broker.new_vhost() as url, tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            play(page, pages.choose(page, SCENE), broker, url, Show(output, step=False), log)
        title = f'./learn run {LESSON} --section "{SCENE}"'
        picture = screen.export_svg(title=title, theme=MONOKAI, unique_id="run")
        # Fonts from elsewhere are not loaded where the picture is shown; any monospace will do.
        picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
        TARGET.write_text(picture, encoding="utf-8")
    print(f"Wrote {TARGET}.")


if __name__ == "__main__":
    main()
