"""What was *measured*: plans, runs, measurements and the verdicts of checks."""
