"""`manage.py transition`."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from registry.models import ModelVersion, System
from tests.cast import Cast
from tests.governance import staging
from tests.make import make_system


def call(**options: Any) -> None:
    call_command("transition", **options)


def test_it_works(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    version = staging.at_validation(cast)
    call(model_version=str(version.pk), to="rejected", reason="Unsound.", user="vera")
    assert ModelVersion.objects.get(pk=version.pk).stage == "rejected"
    assert capsys.readouterr().out == "scorecard 1 moved from validation to rejected.\n"


def test_it_moves_systems(cast: Cast) -> None:
    system = make_system(cast)
    call(system=str(system.pk), to="retired", reason="Never built.", user="dev")
    assert System.objects.get(pk=system.pk).stage == "retired"


def test_a_closed_gate_is_exit_1_with_every_finding(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    version = staging.at_compliance(cast)
    with pytest.raises(CommandError, match="stays at compliance") as refused:
        call(model_version=str(version.pk), to="production", user="dev")
    assert refused.value.returncode == 1
    assert "open: 0 of 1 approvals by a validator" in capsys.readouterr().out


def test_it_lists_the_steps(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    version = staging.at_compliance(cast)
    call(model_version=str(version.pk), user="dev")
    told = capsys.readouterr().out
    assert "scorecard 1 stands at compliance." in told
    assert "production: closed" in told
    assert "retired: possible" in told
    assert "rejected: not permitted" in told
    call(system=str(version.model.system_id), user="dev")
    assert "live: possible" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("user", "to", "said"),
    [
        ("dev", "production", "no step from validation to production"),
        ("stew", "rejected", "may not take the step"),
        ("oscar", "rejected", "no such model version"),
        ("nobody", "rejected", "no such active user"),
    ],
)
def test_what_cannot_be_is_exit_2(cast: Cast, user: str, to: str, said: str) -> None:
    version = staging.at_validation(cast)
    with pytest.raises(CommandError, match=said) as refused:
        call(model_version=str(version.pk), to=to, reason="Because.", user=user)
    assert refused.value.returncode == 2
