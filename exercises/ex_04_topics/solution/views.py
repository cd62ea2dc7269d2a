"""The views that people ask for by name: for each its binding keys."""

VIEWS = {
    # A hash at the end: a service may have parts, so a key has three words or more.
    "eu": ["eu.#"],
    # The last word is the severity; whatever is before it.
    "critical": ["#.critical"],
    # Exactly three words. A star also takes a word that is empty: db without a region.
    "db": ["*.db.*"],
    # db is the second word, wherever the key ends. "#.db.#" would take a part called db, too.
    "db-family": ["*.db.#"],
    # Four words at least: two of the service's. A hash adds none, or any number of them.
    "parts": ["*.*.*.#.*"],
    # The first word is empty: the pattern begins with the dot.
    "nowhere": [".#"],
}
