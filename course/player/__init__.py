"""Play the console blocks of a lesson's README, and hold every line to what the page says."""
