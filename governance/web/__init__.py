"""Pages of decisions, and those that show facts and decisions together."""
