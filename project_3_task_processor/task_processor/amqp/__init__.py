"""The broker: connections, topology, publishing with confirms, reading streams."""
