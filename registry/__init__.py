"""What *is*: organisations, people, roles, AI systems, datasets, models — and the ledger of what happened."""
