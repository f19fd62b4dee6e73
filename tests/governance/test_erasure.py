"""Erasing a person: nothing that names them is left, and everything that was proven stays proven."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from assay_client.log import receipts as offline
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from governance.dossier import gather_version
from governance.models import ApprovalRequest, Report, Vote, VoteVerdict
from governance.reports.build import validation_report
from governance.reports.codec import to_json
from governance.services import erasure, reports
from governance.services.reports import STEP
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.ledger import personal_texts
from registry.ledger.events import EVENTS
from registry.ledger.models import LedgerEntry, PersonalText
from registry.models import ModelVersion, Organisation, User
from registry.services import checkpoints, people
from registry.stages import Role
from tests.calls import api
from tests.cast import Cast, grant
from tests.governance import staging
from tests.governance.test_receipts import pinned

MARKERS = ("Zyxfirst", "Zyxlast", "zyxmail", "zyxuser", "Zyxcomment", "Zyxreason", "zyxsecret")
NOTICE = "under GDPR Art. 17(1)(b))"


@pytest.fixture
def world(cast: Cast, printer: None, settings: Any, tmp_path: Path, client: Client) -> ModelVersion:
    """Vera, by a name nobody else has, in every table that knows people."""
    settings.VAR_DIR = tmp_path
    settings.MAILERS = {"default": {"BACKEND": "", "OPTIONS": {"file_path": str(tmp_path / "mail")}}}
    vera = cast.vera
    vera.username, vera.email = "zyxuser", "zyxmail@example.org"
    vera.first_name, vera.last_name = "Zyxfirst", "Zyxlast"
    vera.save()
    grant(cast, "vera", Role.DEVELOPER)
    client.force_login(vera, backend="allauth.account.auth_backends.AuthenticationBackend")
    EmailAddress.objects.create(user=vera, email=vera.email, verified=True)
    Authenticator.objects.create(user=vera, type="totp", data={"secret": "zyxsecret"})
    SocialAccount.objects.create(user=vera, provider="oidc", uid="1", extra_data={"email": vera.email})
    version = staging.at_compliance(cast)
    request = staging.ask(cast, version, by="dev")
    staging.vote(cast, request, "vera", comment="Zyxcomment: I read it.")
    staging.vote(cast, request, "cora", comment="As Zyxfirst Zyxlast says.")
    checkpoints.issue(cast.acme.pk)
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "1.log").write_bytes(
        EmailMessage("Due", "Look.", to=[vera.email]).message().as_bytes()
    )
    return version


def erase(*options: str, **kwargs: Any) -> None:
    told = {"organisation": "acme", "by": "olga", "reason": "They asked.", "under": "GDPR Art. 17(1)(b)"}
    chosen = {key: value for key, value in {**told, **kwargs}.items() if value is not None}
    call_command("erase_person", "zyxuser", *options, **chosen)


def rows_of_every_table() -> str:
    """What a dump of the database holds."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [
                str(bytes(v) if isinstance(v, memoryview) else v) for row in cursor.fetchall() for v in row
            ]
    return "\n".join(found)


def files_in(folder: Path) -> str:
    return "\n".join(
        path.read_bytes().decode(errors="replace") for path in folder.rglob("*") if path.is_file()
    )


def left(text: str) -> list[str]:
    return [marker for marker in MARKERS if marker.lower() in text.lower()]


def document(version: ModelVersion) -> str:
    return to_json(validation_report(gather_version(version).about(STEP).dossier)).decode()


def pages(cast: Cast, version: ModelVersion) -> str:
    client = Client()
    client.force_login(cast.olga, backend="allauth.account.auth_backends.AuthenticationBackend")
    request = ApprovalRequest.objects.get()
    portal = ("/log", "/people", "/inbox", f"/versions/{version.pk}", f"/approvals/{request.pk}", "/due")
    found = [client.get(address, follow=True).content.decode() for address in portal]
    olga = api(cast, "olga")
    told = ("members", f"approval-requests/{request.pk}", "ledger/entries", "tokens", "due")
    answers = (olga.get(f"/api/v1/{address}", {"organisation": "acme"}) for address in told)
    return "\n".join((*found, *(answer.content.decode() for answer in answers)))


def test_it_is_all_there_before(cast: Cast, world: ModelVersion, tmp_path: Path) -> None:
    assert left(rows_of_every_table()) == [m for m in MARKERS if m != "Zyxreason"]
    assert all(map(left, (document(world), pages(cast, world), files_in(tmp_path))))


def test_nothing_that_names_them_is_left(
    cast: Cast, world: ModelVersion, tmp_path: Path, caplog: Any, capsys: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    erase("--texts")
    call_command("export_ledger", str(tmp_path / "export"), organisation="acme")
    assert left(rows_of_every_table()) == []
    assert left(files_in(tmp_path)) == []
    assert left(document(world)) == []
    assert left(pages(cast, world)) == []
    told = capsys.readouterr()
    assert left(caplog.text + told.out + told.err) == []


def test_pages_and_reports_say_when_and_under_which_law(cast: Cast, world: ModelVersion) -> None:
    erase("--texts")
    assert NOTICE in pages(cast, world)
    assert NOTICE in document(world)


def test_what_they_read_stays_under_a_number(cast: Cast, world: ModelVersion, client: Client) -> None:
    audrey, vera = Client(), str(cast.vera.pk)
    audrey.force_login(cast.aud, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.force_login(cast.vera, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/log").status_code == 200
    assert "Zyxfirst Zyxlast" in audrey.get("/log/reads").content.decode()
    erase("--texts")
    text = audrey.get("/log/reads", {"person": vera}).content.decode()
    assert left(text) == []
    assert "1 reading matches" in text


def test_every_proof_still_holds(cast: Cast, world: ModelVersion) -> None:
    vote, trusted = Vote.objects.get(voter=cast.vera), pinned(cast.acme)
    receipt = api(cast, "aud").get(f"/api/v1/votes/{vote.pk}/receipt").content
    erase("--texts")
    checkpoints.issue(cast.acme.pk)
    assert offline.kept(receipt, trusted).entry.document["data"]["vote_id"] == str(vote.pk)
    again = api(cast, "aud").get(f"/api/v1/votes/{vote.pk}/receipt").content
    assert offline.kept(again, trusted).entry.document == offline.kept(receipt, trusted).entry.document
    call_command("verify_ledger", fold=True)


def test_the_log_tells_of_it_once_without_a_name(cast: Cast, world: ModelVersion) -> None:
    erase("--texts")
    entry = LedgerEntry.objects.get(organisation_id=cast.acme.pk, event="person.erased")
    assert (entry.subject_id, entry.actor_id) == (cast.vera.pk, str(cast.olga.pk))
    data = json.loads(bytes(entry.body))["data"]
    assert (data["user_id"], data["under"]) == (str(cast.vera.pk), "GDPR Art. 17(1)(b)")
    assert data["texts"] > 5


def test_without_being_asked_it_leaves_what_they_wrote(cast: Cast, world: ModelVersion) -> None:
    erase()
    assert Vote.objects.get(voter=cast.vera).comment == "Zyxcomment: I read it."
    assert PersonalText.objects.filter(text__startswith="Zyxcomment").exists()
    assert not PersonalText.objects.filter(key="actor.name", text__contains="Zyx").exists()


def test_others_keep_their_names_and_texts(cast: Cast, world: ModelVersion) -> None:
    staging.vote(cast, ApprovalRequest.objects.get(), "adam", comment="Good for us.")
    erase("--texts")
    cast.adam.refresh_from_db()
    assert cast.adam.email == "adam@example.org"
    assert Vote.objects.get(voter=cast.adam).comment == "Good for us."
    assert PersonalText.objects.filter(key="actor.name", text="Adam").exists()


def test_they_can_do_nothing_any_more(cast: Cast, world: ModelVersion, client: Client) -> None:
    vera = api(cast, "vera")
    assert client.get("/inbox").status_code == 200
    erase()
    assert vera.get("/api/v1/me").status_code == 401
    assert client.get("/inbox").status_code == 302
    cast.vera.refresh_from_db()
    assert not cast.vera.is_active
    assert not cast.vera.has_usable_password()
    assert not Authenticator.objects.exists()
    assert not SocialAccount.objects.exists()


def test_stored_reports_stay_until_their_erasure_is_asked_for(
    cast: Cast, world: ModelVersion, capsys: Any
) -> None:
    staging.vote(cast, ApprovalRequest.objects.get(), "adam", verdict=VoteVerdict.APPROVE)
    made = staging.report(cast, world)
    Report.objects.update(document=document(world))
    path = reports.pdf_path(made)
    erase("--texts", "--reports")
    assert not path.exists()
    made.refresh_from_db()
    with pytest.raises(NotFound, match="erased"):
        reports.pdf_path(made)
    call_command("verify_ledger", fold=True)


def test_it_says_that_stored_reports_still_name_them(cast: Cast, world: ModelVersion, capsys: Any) -> None:
    staging.report(cast, world)
    Report.objects.update(document=document(world))
    erase("--texts")
    assert "1 stored reports still name them" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["dev", "cora", "vera", "oscar"])
def test_only_another_owner_may(cast: Cast, world: ModelVersion, name: str) -> None:
    with pytest.raises((Denied, NotFound)):
        erasure.erase(
            actor=cast.actor(name), user=cast.vera, organisation=cast.acme, reason="Asked.", under="GDPR"
        )
    cast.vera.refresh_from_db()
    assert cast.vera.username == "zyxuser"


def test_whoever_was_elsewhere_too_is_erased_everywhere_by_who_may_there(
    cast: Cast, world: ModelVersion
) -> None:
    other = Organisation.objects.get(slug="other")
    people.grant_role(actor=cast.actor("oscar"), organisation=other, user=cast.vera, role=Role.AUDITOR)
    with pytest.raises(CommandError, match="--everywhere"):
        erase()
    with pytest.raises(CommandError, match="no such organisation"):
        erase(organisation=None, everywhere=True)
    people.grant_role(actor=cast.actor("oscar"), organisation=other, user=cast.olga, role=Role.OWNER)
    erase(organisation=None, everywhere=True)
    assert LedgerEntry.objects.filter(event="person.erased").count() == 2


def test_the_last_owner_stays(cast: Cast) -> None:
    cora = cast.actor("cora")
    grant(cast, "cora", Role.OWNER)
    erasure.erase(actor=cora, user=cast.olga, organisation=cast.acme, reason="Asked.", under="GDPR Art. 17")
    with pytest.raises(Denied, match="yourself"):
        erasure.erase(actor=cora, user=cast.cora, organisation=cast.acme, reason="Asked.", under="GDPR")


def test_a_reason_that_names_them_is_refused(cast: Cast, world: ModelVersion) -> None:
    with pytest.raises(Invalid, match="Do not name"):
        erasure.erase(
            actor=cast.actor("olga"),
            user=cast.vera,
            organisation=None,
            reason="Zyxfirst Zyxlast asked.",
            under="GDPR",
        )


def test_a_machine_and_a_further_account_are_not_erased_alone(cast: Cast) -> None:
    for user in (cast.ci, User.objects.create(username="dev-2", responsible=cast.dev)):
        with pytest.raises((Invalid, Conflict)):
            erasure.erase(
                actor=cast.actor("olga"), user=user, organisation=None, reason="Asked.", under="GDPR"
            )


def test_every_name_in_an_event_says_whose_it_is() -> None:
    """A new personal key is a name with its number beside it, or the free text of the actor."""
    for event in EVENTS.values():
        for key in event.personal:
            if key in personal_texts.NAMES:
                assert personal_texts.NAMES[key] in event.keys, event.code


def test_the_log_says_it_of_each_of_their_entries(cast: Cast, world: ModelVersion) -> None:
    erase("--texts")
    client = Client()
    client.force_login(cast.aud, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get("/log", {"event": "role.granted", "organisation": "acme"}).content.decode()
    assert f"(erased on {timezone.now().date()} {NOTICE}" in page
    assert "Adam became" in page
