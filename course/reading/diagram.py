"""Mermaid flowcharts, as far as the course uses them, turned into lines of text.

Source of the syntax: https://mermaid.js.org/syntax/flowchart.html
"""

import re

HEADER = re.compile(r"flowchart (LR|TD)")
NODE = r"(?P<{0}>\w+)(?P<{0}_shape>\(\[.+?\]\)|\[\[.+?\]\]|\{{\{{.+?\}}\}}|\{{.+?\}}|\[.+?\])?"
EDGE = re.compile(
    NODE.format("from") + r"\s+(?:-->|-\.->)(?:\|(?P<label>[^|]+)\|)?\s+" + NODE.format("to")
)
LONE = re.compile(NODE.format("node"))
# Programs in parentheses, queues in brackets, exchanges in braces; all else without a frame.
FRAMES = {"([": ("(", ")"), "[[": ("[", "]"), "{{": ("{", "}"), "{": ("", ""), "[": ("", "")}


class DiagramError(ValueError):
    """A line that is not of the syntax that the course uses."""


def as_text(source: str) -> list[str]:
    """One line for each edge, e.g. `(worker.py) --done--> [results]`. Raises DiagramError."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    if not lines or not HEADER.fullmatch(lines[0]):
        raise DiagramError("a diagram begins with 'flowchart LR' or 'flowchart TD'")
    names: dict[str, str] = {}
    edges = []
    for line in lines[1:]:
        edge, lone = EDGE.fullmatch(line), LONE.fullmatch(line)
        if edge:
            ends = [_name(edge[end], edge[f"{end}_shape"], names) for end in ("from", "to")]
            label = _plain(edge["label"]) if edge["label"] else ""
            edges.append((ends[0], label, ends[1]))
        elif lone:
            _name(lone["node"], lone["node_shape"], names)
        else:
            raise DiagramError(f"not an edge or a node: {line}")
    return [
        f"{names[start]} --{label}--> {names[end]}" if label else f"{names[start]} --> {names[end]}"
        for start, label, end in edges
    ]


def _name(node: str, shape: str | None, names: dict[str, str]) -> str:
    """Remember how the node is shown, if this place says it; return its identifier."""
    if shape:
        opening = next(opening for opening in FRAMES if shape.startswith(opening))
        text = _plain(shape[len(opening) : -len(opening)])
        names[node] = text.join(FRAMES[opening])
    names.setdefault(node, node)
    return node


def _plain(text: str) -> str:
    return text.strip().strip('"').replace("<br>", " ")
