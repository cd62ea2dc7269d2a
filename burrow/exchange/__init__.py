"""Which queues a message goes to."""
