"""Processes images on many machines through RabbitMQ, and loses none whatever is killed."""
