"""Exercises: judge a learner's programs by what the broker saw, and say what to do next."""
