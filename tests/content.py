"""The repository's texts, for the tests that read them."""

import re
import shutil
import subprocess
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.support import REPOSITORY


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks or would add, so that a learner's own files do not count."""
    listed = subprocess.run(
        [
            shutil.which("git") or "git",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
            "--",
            *patterns,
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (REPOSITORY / name for name in listed.stdout.split("\0") if name)
    return sorted(path for path in paths if path.is_file())


def name_of(path: Path) -> str:
    """The path from the top, for a test's name."""
    return path.relative_to(REPOSITORY).as_posix()


def tokens(path: Path) -> list[Token]:
    return MarkdownIt().enable("table").parse(path.read_text(encoding="utf-8"))


def links(path: Path) -> list[tuple[int, str]]:
    """Every link and image of a Markdown file, with the line of its paragraph."""
    found = []
    for token in tokens(path):
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if target:
                found.append(((token.map or [0])[0] + 1, str(target)))
    return found


def anchors(path: Path) -> set[str]:
    """The anchors that a forge makes of a file's headings."""
    found = set()
    for opening, inline in zip(tokens(path), tokens(path)[1:], strict=False):
        if opening.type == "heading_open":
            words = re.sub(r"[^\w\- ]", "", inline.content.lower())
            found.add(words.strip().replace(" ", "-"))
    return found


def prose(path: Path) -> list[tuple[int, str]]:
    """The lines outside of fences, with their numbers."""
    lines, inside = [], False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("```"):
            inside = not inside
        elif not inside:
            lines.append((number, line))
    return lines
