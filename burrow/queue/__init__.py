"""Where messages wait, and who gets the next one."""
