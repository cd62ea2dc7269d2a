"""The views that people ask for by name: for each its binding keys."""

VIEWS = {
    "eu": ["eu.#"],
    "critical": ["#.critical"],
    "db": ["*.db.*"],
    "db-family": ["*.db.#"],
    "parts": ["*.*.*.#.*"],
    "nowhere": ["*.#"],
}
