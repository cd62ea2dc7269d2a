"""Reading what a person types."""

import re


def fold(text: str) -> str:
    """Text for comparing: case, spaces at the ends and the number of spaces do not matter."""
    return " ".join(text.casefold().split())


def patterns(text: str) -> list[str]:
    """Binding keys with spaces between them; quotes around one are left away."""
    found = re.findall(r'"([^"]*)"|\'([^\']*)\'|(\S+)', text)
    return ["".join(parts) for parts in found]


def number(text: str, unit: str = "") -> float | None:
    """The number typed, with or without its unit; None if it is none."""
    bare = fold(text).removesuffix(unit.casefold()).strip().replace(",", ".")
    try:
        value = float(bare)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None
