"""The line of a TOML file on which a value stands, for messages to authors."""

import re
from collections.abc import Sequence

HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.-]+)\s*\]\]?\s*(#.*)?$")
QUOTES = re.compile(r"'''|\"\"\"")


def line_of(source: str, place: Sequence[str | int]) -> int:
    """The line, from 1, of a value such as ("questions", 3, "options", 0, "why").

    Where that is not written out, as a field that is missing, the line of what should hold it.
    """
    lines = _without_long_strings(source)
    start, end, line, prefix = 0, len(lines), 1, ""
    parts = list(place)
    while parts:
        name = parts.pop(0)
        index = parts.pop(0) if parts and isinstance(parts[0], int) else None
        if not isinstance(name, str):
            continue
        full = f"{prefix}.{name}" if prefix else name
        tables = [n for n in range(start, end) if _header(lines[n]) == full]
        if tables:
            chosen = tables[int(index or 0)] if int(index or 0) < len(tables) else tables[-1]
            line, start, prefix = chosen + 1, chosen + 1, full
            end = _end(lines, chosen, full, end)
            continue
        if any((_header(lines[n]) or "").startswith(full + ".") for n in range(start, end)):
            prefix = full  # only tables below it are written out
            continue
        key = re.compile(rf"^\s*\"?{re.escape(name)}\"?\s*=")
        for n in range(start, end):
            if n >= start and _header(lines[n]) is not None:
                break
            if key.match(lines[n]):
                return n + 1
    return line


def _end(lines: list[str], start: int, full: str, end: int) -> int:
    """Where the table that begins at `start` is over: at a header that is not below it."""
    for n in range(start + 1, end):
        header = _header(lines[n])
        if header is not None and not header.startswith(full + "."):
            return n
    return end


def _header(line: str) -> str | None:
    found = HEADER.match(line)
    return found[2] if found else None


def _without_long_strings(source: str) -> list[str]:
    """The lines, with those inside of multi-line strings made empty."""
    lines, inside = [], ""
    for line in source.splitlines():
        was_inside = inside
        for quotes in QUOTES.findall(line):
            inside = "" if inside == quotes else inside or quotes
        lines.append("" if was_inside else line)
    return lines
