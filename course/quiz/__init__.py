"""The quiz: asks, judges by what a broker does, explains, and remembers."""
