"""The worker: AMQP in the main process, pixels in worker processes."""
