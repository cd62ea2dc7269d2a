"""A lesson's README as the player sees it: scenes of console blocks, and excerpts of code."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from course.errors import CouldNotCheck, unknown

SINCE = re.compile(r"\(RabbitMQ (\d+(?:\.\d+)*)\)$")


class PageError(CouldNotCheck):
    """A README that breaks the rules of a lesson; the message starts with file and line."""


@dataclass(frozen=True)
class Fence:
    """One block: its lines, the number of its first line in the file, and what it belongs to.

    `label` is the terminal of a console block ("terminal-1") or the file of an excerpt.
    `narration` is the paragraph right before it.
    """

    label: str
    lines: tuple[str, ...]
    line: int
    narration: str = ""


@dataclass
class Scene:
    """Console blocks that are played together, under one heading."""

    title: str
    section: str
    line: int
    fences: list[Fence] = field(default_factory=list)
    notice: str = ""

    @property
    def since(self) -> tuple[int, ...]:
        """The RabbitMQ version from which on the scene holds: (4, 3) from "(RabbitMQ 4.3)"."""
        found = SINCE.search(self.title)
        return tuple(map(int, found[1].split("."))) if found else ()


@dataclass(frozen=True)
class Page:
    """What a README holds for the player and the tests."""

    path: Path
    headings: tuple[str, ...]  # of the second level, in order
    scenes: tuple[Scene, ...]
    excerpts: tuple[Fence, ...]

    @property
    def root(self) -> Path:
        """The repository's top folder, in which the commands are typed."""
        return self.path.parents[2]


def read(path: Path) -> Page:
    """Parse a lesson's README. Raises PageError at a block that names no terminal or file."""
    return _Reader(path).read()


def choose(page: Page, title: str) -> tuple[Scene, ...]:
    """The scenes whose heading, or whose section's heading, begins with or contains `title`."""
    wish = title.casefold()
    for fits in (str.startswith, str.__contains__):
        found = tuple(
            scene
            for scene in page.scenes
            if fits(scene.title.casefold(), wish) or fits(scene.section.casefold(), wish)
        )
        if found:
            return found
    titles = [name for scene in page.scenes for name in (scene.section, scene.title)]
    raise unknown("section", title, titles, f"{page.path.parent.name}/{page.path.name}")


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.headings: list[str] = []
        self.scenes: list[Scene] = []
        self.excerpts: list[Fence] = []
        self.section = self.title = self.paragraph = ""
        self.scene: Scene | None = None

    def read(self) -> Page:
        tokens = MarkdownIt().enable("table").parse(self.path.read_text(encoding="utf-8"))
        for token, inline in zip(tokens, [*tokens[1:], None], strict=True):
            if token.type == "heading_open" and inline:
                self._heading(token.tag, inline.content)
            elif token.type == "paragraph_open" and inline:
                self._paragraph(inline.content)
            elif token.type == "fence":
                self._fence(token)
        scenes = tuple(scene for scene in self.scenes if scene.fences)
        return Page(self.path, tuple(self.headings), scenes, tuple(self.excerpts))

    def _heading(self, tag: str, text: str) -> None:
        self.title, self.scene, self.paragraph = text, None, ""
        if tag == "h2":
            self.section = text
            self.headings.append(text)

    def _paragraph(self, text: str) -> None:
        if text.startswith("**Notice:**") and self.scene:
            self.scene.notice = text.removeprefix("**Notice:**").strip()
        self.paragraph = text

    def _fence(self, token: Token) -> None:
        words = token.info.split()
        first_line = (token.map[0] if token.map else 0) + 2
        language, label = (*words, "", "")[:2]
        lines = tuple(token.content.splitlines())
        if language == "console":
            self._check_label(label, "the terminal", first_line)
            if self.scene is None:
                self.scene = Scene(self.title, self.section, first_line - 1)
                self.scenes.append(self.scene)
            self.scene.fences.append(Fence(label, lines, first_line, self.paragraph))
        elif language == "python":
            self._check_label(label, "its file", first_line)
            self.excerpts.append(Fence(label, lines, first_line))
        self.paragraph = ""

    def _check_label(self, label: str, what: str, line: int) -> None:
        if not label:
            raise PageError(f"{self.path}:{line - 1}: this block does not name {what}.")
