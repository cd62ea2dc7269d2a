"""Small JSON files that are written atomically and never lost when they are damaged."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from course.errors import CouldNotCheck

Model = TypeVar("Model", bound=BaseModel)


def load(
    path: Path,
    model: type[Model],
    warn: Callable[[str], None],
    migrate: Callable[[dict[str, Any]], dict[str, Any]] = lambda content: content,
) -> Model:
    """The file's content, or a fresh `model()` if there is none.

    `migrate` brings the content of an older file into today's shape.
    A file that cannot be read as `model` (damaged, or of another schema version) is renamed beside
    the original, and `warn` gets one line that says so. Raises CouldNotCheck if the file may not
    be read at all.
    """
    try:
        content = json.loads(path.read_bytes())
        if isinstance(content, dict):
            content = migrate(content)
        return model.model_validate_json(json.dumps(content))
    except FileNotFoundError:
        return model()
    except (ValueError, RecursionError):  # pydantic's ValidationError is a ValueError
        aside = _free_name(path)
        path.rename(aside)
        warn(
            f"{path.name} could not be read, so it starts afresh. "
            f"The old one is kept as {aside.name}."
        )
        return model()
    except OSError as error:
        raise _no_access(path, "read", error) from None


def save(path: Path, content: BaseModel) -> None:
    """Replace the file in one step, so that an interruption leaves the old or the new one.

    Raises CouldNotCheck if it cannot be written.
    """
    try:
        _replace(path, content)
    except OSError as error:
        raise _no_access(path, "written", error) from None


def _replace(path: Path, content: BaseModel) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content.model_dump(mode="json", exclude_none=True), indent=2) + "\n"
    # mkstemp makes the file readable by its owner only: a broker's URL may hold a password.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _no_access(path: Path, what: str, error: OSError) -> CouldNotCheck:
    return CouldNotCheck(f"{path} cannot be {what}: {error.strerror}. See: ./learn doctor")


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    return aside
