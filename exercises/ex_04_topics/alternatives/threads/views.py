"""The views, with other patterns for the same keys."""

VIEWS = {
    "eu": ["eu.*.*", "eu.*.*.*.#"],
    "critical": ["#.critical"],
    "db": ["*.db.*"],
    "db-family": ["*.db.*", "*.db.*.*.#"],
    "parts": ["*.*.*.*.#"],
    "nowhere": [".*.#"],
}
