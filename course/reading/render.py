"""A README for the terminal: diagrams as text, and each block with the name it carries."""

import contextlib
import os
import re
import shutil
from pathlib import Path

from rich.markdown import Markdown

from course.console import Output
from course.reading.diagram import DiagramError, as_text

FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def show(path: Path, output: Output) -> None:
    """Print the file; through a pager if a person sits at a terminal that is too short for it."""
    text = Markdown(for_terminal(path.read_text(encoding="utf-8")), hyperlinks=not output.plain)
    if not output.interactive:
        output.out.print(text)
        return
    colours = shutil.which("less") is not None  # other pagers may show the codes as they are
    os.environ.setdefault("LESS", "-RFX")
    with contextlib.suppress(BrokenPipeError), output.out.pager(styles=colours):
        output.out.print(text)


def for_terminal(text: str) -> str:
    """The Markdown with its fences in a form that reads well without a browser."""
    return FENCE.sub(_fence, text)


def _fence(found: re.Match[str]) -> str:
    language, _, label = found["info"].partition(" ")
    if language == "mermaid":
        with contextlib.suppress(DiagramError):
            return "```text\n" + "\n".join(as_text(found["body"])) + "\n```"
    if language == "console" and label:
        return f"*{label}*\n\n```text\n{found['body']}```"
    if label:
        return f"*{label}*\n\n```{language}\n{found['body']}```"
    return found[0]
