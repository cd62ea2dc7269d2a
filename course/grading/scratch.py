"""The scratch folder that a check runs in: a copy, so that nothing of the learner's changes."""

import shutil
from collections.abc import Sequence
from pathlib import Path


def copy_into(folder: Path, layers: Sequence[Path], given: Sequence[Path]) -> None:
    """Lay the files of each folder over those before it, and the given ones over all.

    Hidden files, and folders, stay behind.
    """
    folder.mkdir(parents=True)
    for layer in layers:
        for path in sorted(layer.iterdir()) if layer.is_dir() else ():
            if path.is_file() and path.name[0] not in "._" and path.name != "mutant.toml":
                shutil.copyfile(path, folder / path.name)
    for path in given:
        if path.is_file():
            shutil.copyfile(path, folder / path.name)
