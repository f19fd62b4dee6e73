"""The sandbox: a child process with nothing to lose, in which a stored model is opened, scored and explained.

A model is somebody else's file. It is never opened in a process that holds a database connection, a credential or a
network route; the child gets open descriptors, limits and a clean environment, and its answer is checked like any
other input before it is believed.
"""

from audits.sandbox.errors import SandboxFailed, SandboxRefused
from audits.sandbox.jobs import explain, score
from audits.sandbox.limits import SandboxLimits
from audits.sandbox.results import Confinement, Explanation, FeatureImportance, ModelRef, Scored

__all__ = [
    "Confinement",
    "Explanation",
    "FeatureImportance",
    "ModelRef",
    "SandboxFailed",
    "SandboxLimits",
    "SandboxRefused",
    "Scored",
    "explain",
    "score",
]
