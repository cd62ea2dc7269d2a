"""The queues and exchanges that a lesson's scripts declare, read from their source.

Needed only where no throwaway vhost can be made: then these are what is removed afterwards.
"""

import ast
from pathlib import Path

from course.brokers import Declared

DECLARING = {"queue_declare": "queue", "exchange_declare": "exchange"}


def names_in(folder: Path) -> Declared:
    """Names given as literals, or as constants of the module, to pika's declaring calls."""
    found: dict[str, set[str]] = {"queue": set(), "exchange": set()}
    for script in sorted(folder.glob("*.py")):
        tree = ast.parse(script.read_text(encoding="utf-8"), str(script))
        constants = _constants(tree)
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            kind = DECLARING.get(call.func.attr) if isinstance(call.func, ast.Attribute) else None
            for keyword in call.keywords:
                if kind and keyword.arg == kind:
                    found[kind].add(_value(keyword.value, constants))
    return Declared(*(tuple(sorted(names - {""})) for names in found.values()))


def _constants(tree: ast.Module) -> dict[str, str]:
    """Module-level `NAME = "text"`."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _value(node: ast.expr, constants: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return constants.get(node.id, "")
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
