"""The live view and the metrics."""
