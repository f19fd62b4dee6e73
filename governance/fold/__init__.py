"""Building the governed tables again from the log, and naming the first place where they differ."""
