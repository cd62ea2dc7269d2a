"""From files to task messages."""
