"""A policy makes promotion wait until the approvals lie outside: over the API, with places that come and go."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from registry import tasks
from registry.models import ModelVersion
from tests.calls import api
from tests.cast import Cast
from tests.governance import staging
from tests.governance.gates.facts import POLICIES
from tests.governance.test_api import V1, problem, question
from tests.registry.test_bucket_anchors import s3, server
from tests.registry.test_checkpoint_page import read
from tests.registry.test_checkpoints import folders

__all__ = ["folders", "s3", "server"]
DEMAND = "{verified_within_hours: 48, anchored_within_hours: 24, anchor_covers_approvals: true}"


def policy() -> str:
    """The lean policy of high risk; production also waits for an anchor."""
    text = (POLICIES / "high.yaml").read_text(encoding="utf-8")
    step = "  - from: compliance\n    to: production\n    environments: [production]\n    requirements:\n"
    assert step in text
    return text.replace(step, f"{step}      - ledger: {DEMAND}\n")


@pytest.fixture
def repository(tmp_path: Path, settings: Any) -> Path:
    folder = tmp_path / "anchors.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)
    settings.ASSAY_LOG_ANCHORS = [f"git+file://{folder}"]
    return folder


@pytest.fixture
def version(cast: Cast, printer: None, folders: Path) -> ModelVersion:
    """Measured; nobody has voted yet."""
    system = staging.ready_system(cast)
    staging.put_into_force(cast, policy())
    return staging.at_compliance(cast, system)


def agreed(cast: Cast, version: ModelVersion) -> None:
    """Voted for by everybody over the API, and reported; the log is verified."""
    asked = (
        api(cast, "dev")
        .post(f"{V1}/model-versions/{version.pk}/approval-requests", {"to": "production"})
        .json()
    )
    for name in staging.VOTERS:
        vote = {"verdict": "approve", "subject_digest": asked["subject_digest"], "comment": "Read."}
        said = api(cast, name).post(f"{V1}/approval-requests/{asked['id']}/votes", vote)
        assert said.status_code == 201, said.content
    staging.report(cast, version)
    tasks.verify_logs()


def the_worker_goes_round() -> None:
    tasks.issue_checkpoints()
    tasks.anchor_checkpoints()


def denied(cast: Cast, version: ModelVersion) -> dict[str, dict[str, Any]]:
    """What stands in the way, at the gate and at the step; both say the same."""
    answer = api(cast, "ci").post(f"{V1}/gate/decisions", question(version)).json()
    assert answer["verdict"] == "deny"
    step = api(cast, "dev").post(f"{V1}/model-versions/{version.pk}/transitions", {"to": "production"})
    found = problem(step, 409, "gate.refused")["findings"]
    in_the_way = {one["code"]: one for one in found if one["state"] not in {"met", "waived"}}
    for one in in_the_way.values():
        assert any(one["clears"] in said for said in answer["unblock_plan"]), answer["unblock_plan"]
    return in_the_way


def moves(cast: Cast, version: ModelVersion) -> None:
    step = api(cast, "dev").post(f"{V1}/model-versions/{version.pk}/transitions", {"to": "production"})
    assert (step.status_code, step.json()["stage"]) == (200, "production"), step.content
    assert api(cast, "ci").post(f"{V1}/gate/decisions", question(version)).json()["verdict"] == "allow"


def test_it_waits_until_the_votes_lie_outside(cast: Cast, version: ModelVersion, repository: Path) -> None:
    agreed(cast, version)
    waiting = denied(cast, version)
    assert waiting.keys() == {"ledger.anchored", "ledger.covered"}
    covered = waiting["ledger.covered"]
    assert covered["sentence"].startswith("No anchor outside covers the newest vote, entry ")
    assert covered["clears"].startswith("Wait until the worker has taken a checkpoint with the votes outside")
    assert covered["owner_role"] == "operator"
    the_worker_goes_round()
    moves(cast, version)


def test_it_waits_on_while_the_place_does_not_answer(
    cast: Cast, version: ModelVersion, repository: Path
) -> None:
    agreed(cast, version)
    away = repository.rename(repository.with_name("away.git"))
    for _ in range(2):
        the_worker_goes_round()
        assert denied(cast, version).keys() == {"ledger.anchored", "ledger.covered"}
    page = read(cast)
    assert "not taken" in page
    assert "not confirmed" in page
    away.rename(repository)
    the_worker_goes_round()
    moves(cast, version)


def test_an_anchor_from_before_the_votes_does_not_cover_them(
    cast: Cast, version: ModelVersion, repository: Path
) -> None:
    the_worker_goes_round()
    agreed(cast, version)
    assert denied(cast, version).keys() == {"ledger.covered"}
    the_worker_goes_round()
    moves(cast, version)


def test_a_locked_bucket_lets_it_through_and_one_without_lock_does_not(
    cast: Cast, version: ModelVersion, s3: Any, settings: Any
) -> None:
    agreed(cast, version)
    settings.ASSAY_LOG_ANCHORS = ["s3://open"]
    the_worker_goes_round()
    assert "ledger.covered" in denied(cast, version)
    settings.ASSAY_LOG_ANCHORS = ["s3://locked/assay"]
    the_worker_goes_round()
    moves(cast, version)
