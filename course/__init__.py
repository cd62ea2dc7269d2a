"""The engine behind ./learn: finds a broker, shows and plays lessons, remembers progress."""
