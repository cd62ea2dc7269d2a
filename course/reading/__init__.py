"""Show a README in the terminal."""
