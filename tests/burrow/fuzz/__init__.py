"""What no well-behaved client does: broken bytes, masses, and a broker killed under load."""
