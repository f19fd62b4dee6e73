"""Runs for tests: requested through the services, measured by an engine that says what the test wants."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.test import TestCase

from audits.models import AuditRun, CheckPlan
from audits.services import execution, plans, runs
from registry.models import ModelVersion, System
from tests.cast import Cast
from tests.make import make_dataset_version, make_system, make_version

DATA = b"sex,income,repaid,prediction\nF,1,1,1\nM,2,0,0\n"
CHECKS = [
    {"name": "accuracy", "metric": "accuracy", "comparison": ">=", "threshold": 0.7},
    {
        "name": "impact ratio by sex",
        "metric": "impact_ratio",
        "attribute": "sex",
        "comparison": ">=",
        "threshold": 0.8,
    },
]


def make_plan(
    cast: Cast, *, by: str = "dev", version: ModelVersion | None = None, **kwargs: Any
) -> CheckPlan:
    """A sealed plan for the model “scorecard” on the dataset “applications”."""
    version = version or make_version(cast, System.objects.first() or make_system(cast))
    snapshot = kwargs.pop("dataset_version", None) or make_dataset_version(cast, version.model.system, DATA)
    return plans.seal(
        actor=cast.actor(by),
        model_version=version,
        dataset_version=snapshot,
        **{"checks": CHECKS, **kwargs},
    )


def make_run(cast: Cast, *, by: str = "dev", seed: int | None = None, **kwargs: Any) -> AuditRun:
    """A requested run; its message is sent when the test says so."""
    plan = kwargs.pop("plan", None) or make_plan(cast, by=by, **kwargs)
    return runs.request(actor=cast.actor(by), plan=plan, seed=seed)


def ended(cast: Cast, plan: CheckPlan, *, by: str = "dev", seed: int | None = None) -> AuditRun:
    """A run of a plan, carried out by whatever engine the test has put in place."""
    run = runs.request(actor=cast.actor(by), plan=plan, seed=seed)
    execution.execute(str(run.pk))
    run.refresh_from_db()
    return run


def row(code: str, value: float | None, **slice_: str | None) -> dict[str, Any]:
    """One measurement as the engine gives it."""
    reason = None if value is not None else "Nobody was selected."
    low = None if value is None else value - 0.05
    return {
        "code": code,
        "slice": slice_,
        "value": value,
        "reason": reason,
        "low": low,
        "high": value,
        "n": 100,
    }


@dataclass
class FakeEngine:
    """Stands in for audits.engine: answers with these verdicts (without any all pass), or does what `instead` does."""

    verdicts: Mapping[str, str] | None = None
    instead: Callable[..., Any] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def audit(self, path: Any, mapping: Any, checks: Any, **kwargs: Any) -> "FakeEngine":
        """Measure nothing."""
        self.calls.append({"path": path, "mapping": mapping, "checks": checks, **kwargs})
        kwargs["progress"]("Counting", 0.5)
        if self.instead is not None:
            self.instead(**kwargs)
        return self

    def as_dict(self) -> dict[str, Any]:
        """An outcome with the keys of a real one."""
        call = self.calls[-1]
        planned = {check.name: "passed" for check in call["checks"]}
        verdicts = planned if self.verdicts is None else self.verdicts
        digest = hashlib.sha256(Path(call["path"]).read_bytes()).hexdigest()
        return {
            "measurements": [row("accuracy", 0.9), row("impact_ratio", 0.85, sex="F"), row("auc", None)],
            "checks": [
                {"name": name, "verdict": verdict, "sentence": f"{name} {verdict}.", "value": 0.9}
                for name, verdict in verdicts.items()
            ],
            "explanation": None,
            "explanation_failed": None,
            "settings": {"confidence": 0.95},
            "inputs": {"data": {"digest": f"sha256:{digest}"}},
            "versions": {"assay": "0"},
            "seed": call["seed"],
            "read": {"rows_read": 2},
            "refused": None,
            **self.more,
        }


def deliver() -> Any:
    """Run what was enqueued on commit inside a test's transaction."""
    return TestCase.captureOnCommitCallbacks(execute=True)
