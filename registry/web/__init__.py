"""Pages of facts, and what all pages share."""
