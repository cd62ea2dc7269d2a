"""Names a file of a checked program as a person would type it."""

import os
from collections.abc import Sequence
from pathlib import Path

from course.paths import ROOT


def shown(layers: Sequence[Path], name: str) -> str:
    """The path of the file that counts: the one in the last layer that has it."""
    folder = next((layer for layer in reversed(layers) if (layer / name).is_file()), layers[-1])
    return typed(folder / name)


def typed(path: Path) -> str:
    """Relative to where we are, or to the repository, if it is below; else whole."""
    for base in (Path.cwd(), ROOT):
        if path.is_relative_to(base):
            return os.fspath(path.relative_to(base))
    return os.fspath(path)
