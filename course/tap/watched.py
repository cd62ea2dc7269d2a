"""`./learn run LESSON --tap`: after each scene, what passed between its scripts and the broker."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from course.console import Output
from course.player.page import Scene
from course.player.show import Show
from course.tap.show import draw, rows
from course.tap.tap import Tap


class Watched(Show):
    """The player's view, which draws a scene's timeline before its notice."""

    def __init__(self, output: Output, step: bool, tap: Tap) -> None:
        super().__init__(output, step)
        self._tap = tap
        self._before = 0

    def scene(self, scene: Scene) -> None:
        self._before = self._tap.last
        super().scene(scene)

    def notice(self, text: str) -> None:
        self.output.out.print("\nWhat the tap saw:\n")
        draw(self.output, rows(self.output, self._tap.events(self._before)))
        super().notice(text)


@contextlib.contextmanager
def watched(output: Output, step: bool, url: str) -> Iterator[tuple[Watched, Callable[[str], str]]]:
    """The view, and the URL for each script's name; "" is for those that have their own tap."""
    with Tap(url) as tap:
        yield Watched(output, step, tap), lambda name: tap.url(name) if name else url
