"""Frames: a file of predictions read strictly, and reduced to cells that can be counted.

A *source* is the file as it lies, with every row accounted for; *cells* are how many rows share the same
sensitive values, label and prediction. Nothing here knows a metric, a verdict or a database of ours.
"""
