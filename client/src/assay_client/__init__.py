"""The client of Assay for CI machines.

A *gate* is the question "may exactly these bytes go to this environment?". A *verdict* is Assay's answer. The
client turns a verdict into an exit code, and every failure to get a believable one into a blocking exit code.
"""

__version__ = "0.1.0"
