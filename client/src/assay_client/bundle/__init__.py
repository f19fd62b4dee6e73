"""Verification bundles: one decision with everything it can be checked by (docs/reference/bundles.md).

archive    the file, which can be written in one way only
contents   what it holds: manifest, signed statement, the pieces by name
logged     what the log kept of it, and that this is what the facts say
votes      the statements of votes, and that they are the votes of the facts
verified   all of it together, and the decision made again
"""
