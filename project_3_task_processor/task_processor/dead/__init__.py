"""The dead letters: list, show, retry, discard."""
