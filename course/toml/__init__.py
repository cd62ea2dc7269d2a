"""The files that the course's authors write, as TOML: read, and checked against a model."""
