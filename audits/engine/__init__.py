"""The engine: one file of predictions, one mapping, some checks in; measurements, verdicts and their digests out.

It needs no database and no server: the same function runs in a worker, in `manage.py audit_file` and in a test.
"""

from audits.engine.audit import audit, default_checks
from audits.engine.outcome import AuditOutcome

__all__ = ["AuditOutcome", "audit", "default_checks"]
