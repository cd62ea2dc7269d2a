"""Where burrow differs from RabbitMQ on purpose: scenario, and the reason a learner is told."""

DOCUMENTED: dict[tuple[str, str], str] = {}
