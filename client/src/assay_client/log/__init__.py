"""Logs that need no trust: trees, signed notes, checkpoints, receipts and exports, verified from files alone.

Written from the published specifications and docs/reference/log-export.md, without the service's code: it is the second
coding of these rules, and the two are tested against each other.
"""
