"""A blocked version names the people who can open its gate, and none who may not."""

import re

from django.test import Client
from django.urls import reverse

from registry.models import ModelVersion, RoleGrant
from registry.services import people
from registry.stages import Role
from tests.cast import Cast, grant
from tests.governance import staging


def clears(cast: Cast, version: ModelVersion, requirement: str) -> str:
    """What the checklist says about who clears a requirement."""
    client = Client()
    client.force_login(cast.aud, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(reverse("version", args=[version.pk])).content.decode()
    rows = re.findall(r"<tr.*?</tr>", page, re.DOTALL)
    row = next(row for row in rows if requirement in row)
    return " ".join(re.sub(r"<[^>]+>", " ", row.rpartition("<td")[2].partition(">")[2]).split())


def test_it_names_who_holds_the_role(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    assert clears(cast, version, "Approval: Validator").startswith("Vera (validator)")


def test_it_does_not_name_who_may_not_judge_it(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    grant(cast, "dev", Role.APPROVER)  # Dev registered the version
    assert clears(cast, version, "Approval: Business approver").startswith("Adam (business approver)")


def test_it_says_when_nobody_could(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    held = RoleGrant.objects.get(membership__user=cast.adam, role=Role.APPROVER)
    people.revoke_role(actor=cast.actor("olga"), grant=held)
    assert "nobody" in clears(cast, version, "Approval: Business approver")
