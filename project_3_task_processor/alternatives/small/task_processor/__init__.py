"""Processes images on many machines through RabbitMQ. A small one: see MILESTONES.md."""
