"""One client: its socket, its first words, and the channels it opens."""
