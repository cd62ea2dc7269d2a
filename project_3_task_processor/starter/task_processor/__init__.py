"""Processes images on many machines through RabbitMQ. Yours: see MILESTONES.md."""
