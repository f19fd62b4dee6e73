"""What Celery's beat starts, and how often."""

from typing import Any


def schedule(*, sweep: int, enforce: int, remind: int, checkpoint: int) -> dict[str, Any]:
    """The tasks and the seconds between two runs of each."""
    return {
        "sweep-runs": {"task": "audits.sweep_runs", "schedule": sweep},
        "sweep-reports": {"task": "governance.sweep_reports", "schedule": sweep},
        "sweep-backtests": {"task": "governance.sweep_backtests", "schedule": sweep},
        # Rules of law change with the day; once an hour is soon enough after each midnight.
        "reclassify": {"task": "governance.reclassify", "schedule": 3600},
        "enforce-due": {"task": "governance.enforce_due", "schedule": enforce},
        "remind": {"task": "governance.remind", "schedule": remind},
        # Looked at as often as dates are; each log is verified when its last verification has the set age.
        "verify-logs": {"task": "registry.verify_logs", "schedule": enforce},
        "bind-reads": {"task": "registry.bind_reads", "schedule": 3600},
        "issue-checkpoints": {"task": "registry.issue_checkpoints", "schedule": checkpoint},
        "anchor-checkpoints": {"task": "registry.anchor_checkpoints", "schedule": checkpoint},
    }
