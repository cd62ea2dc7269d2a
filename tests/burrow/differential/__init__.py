"""Random sequences of operations, run on burrow and on RabbitMQ side by side."""
