"""See every frame between a client and the broker, and disturb it at an exact point."""
