"""Checks: a metric, a bar, and the rule by which one becomes a verdict.

A check *passes* when the whole interval of what was measured is on the right side of the bar, and *fails* when all of
it is on the other side. Everything in between, everything resting on too few rows and everything that cannot be
measured is *insufficient*: it says what would settle it, and it opens no gate. Nothing here is ever called fair.
"""
