"""A CI job comes without a secret: its CI system's signed word, once, for exactly the job that was named (case D10)."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from django.core.cache import cache
from rest_framework.test import APIClient

from registry.errors import Conflict, Denied, Invalid
from registry.ledger.models import LedgerEntry
from registry.models import ApiToken, UsedTokenId, WorkloadIdentity
from registry.services import identities, members
from registry.services.identities import Binding
from registry.workloads import ref_fits
from tests import issuer as ci
from tests.cast import Cast
from tests.issuer import Issuer
from tests.make import make_system

SYSTEM = {"slug": "loans", "name": "Loans", "purpose": "Decide on loans.", "risk_tier": "high"}


@pytest.fixture(scope="module")
def running() -> Iterator[Issuer]:
    with ci.serving() as issuer:
        yield issuer


@pytest.fixture
def issuer(running: Issuer, settings: Any) -> Issuer:
    """The CI system, configured; no exchange of another test counts for the throttle."""
    settings.ASSAY_WORKLOAD_ISSUERS = {running.url: {"kind": "github", "keys": f"{running.url}/jwks"}}
    cache.clear()
    return running


def bind(cast: Cast, issuer: Issuer, **options: Any) -> WorkloadIdentity:
    """Jobs of bank/scorer on main may register and ask the gate."""
    bound: dict[str, str] = {
        "issuer": options.pop("issuer_url", issuer.url),
        "repository_id": "4711",
        "repository": "bank/scorer",
        "ref": "refs/heads/main",
    }
    about = {key: options.pop(key) for key in list(options) if key in Binding.__dataclass_fields__}
    defaults: dict[str, Any] = {"name": "deploy", "scopes": ["ask_gate", "register"]}
    return identities.create(
        actor=cast.actor("olga"),
        organisation=cast.acme,
        account=cast.ci,
        binding=Binding(**{**bound, **about}),
        **{**defaults, **options},
    )


def exchange(token: str, organisation: str = "acme", **body: str) -> Any:
    return APIClient().post("/api/v1/token-exchange", {"token": token, "organisation": organisation, **body})


def using(text: str) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def _claims(changes: dict[str, Any]) -> dict[str, Any]:
    return changes


def refused(answer: Any, code: str = "workload.not_accepted") -> bool:
    assert (answer.status_code, answer.json()["code"]) == (403, code), answer.json()
    assert not ApiToken.objects.filter(identity__isnull=False).exists()
    return True


def denials(cast: Cast) -> list[str]:
    rows = LedgerEntry.objects.filter(organisation_id=cast.acme.pk, event="access.denied").order_by("index")
    return [json.loads(bytes(row.body))["data"]["permission"] for row in rows]


def test_it_works(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    answer = exchange(issuer.token())
    assert answer.status_code == 201, answer.json()
    assert answer["Cache-Control"] == "no-store"
    client = using(answer.json()["token"])
    assert client.get("/api/v1/me").json()["name"] == "acme-ci"
    assert client.post("/api/v1/systems", SYSTEM).status_code == 201
    events = LedgerEntry.objects.filter(organisation_id=cast.acme.pk).order_by("index")
    assert {"workload_identity.created", "workload_identity.used", "token.issued"} <= set(
        events.values_list("event", flat=True)
    )


def test_its_token_lives_a_quarter_of_an_hour(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    text = exchange(issuer.token()).json()["token"]
    now = datetime.now(UTC)
    with time_machine.travel(now + timedelta(minutes=14), tick=False):
        assert using(text).get("/api/v1/me").status_code == 200
    with time_machine.travel(now + timedelta(minutes=16), tick=False):
        assert using(text).get("/api/v1/me").status_code == 401


def test_its_token_does_what_the_identity_names_and_no_more(cast: Cast, issuer: Issuer) -> None:
    system, other = make_system(cast), make_system(cast, "fraud")
    bind(cast, issuer, scopes=["ask_gate"], system=system)
    client = using(exchange(issuer.token()).json()["token"])
    assert client.get(f"/api/v1/systems/{system.pk}").status_code == 200
    assert client.get(f"/api/v1/systems/{other.pk}").status_code == 404
    assert client.post(f"/api/v1/systems/{system.pk}/models", {"name": "x"}).status_code == 403


def test_elliptic_curves_work_too(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    assert exchange(issuer.token(key=ci.EC, alg="ES256", kid="ec")).status_code == 201


def test_it_reads_what_gitlab_says(cast: Cast, issuer: Issuer, settings: Any) -> None:
    settings.ASSAY_WORKLOAD_ISSUERS = {issuer.url: {"kind": "gitlab", "keys": f"{issuer.url}/jwks"}}
    bind(cast, issuer)
    gitlab: dict[str, Any] = {
        "repository_id": None,
        "project_id": "4711",
        "ref": "main",
        "ref_type": "branch",
    }
    assert exchange(issuer.token(**gitlab)).status_code == 201
    tag = {**gitlab, "ref_type": "tag"}
    assert exchange(issuer.token(**tag)).json()["code"] == "workload.ref"
    merge_request = {**gitlab, "ref_path": "refs/merge-requests/7/head"}
    assert exchange(issuer.token(**merge_request)).json()["code"] == "workload.ref"


# --- what is no token of a configured CI system ---------------------------------------------------------------------


def test_an_unsigned_token_is_refused(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    assert refused(exchange(jwt.encode(issuer.claims(), "", algorithm="none", headers={"kid": "rsa"})))


def test_a_token_signed_with_the_public_key_as_a_password_is_refused(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    public = ci.RSA.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    # The library refuses to make such a token, so it is put together by hand.
    signer = jwt.get_algorithm_by_name("HS256")
    head, body, _ = issuer.token().split(".")
    head = jwt.utils.base64url_encode(
        json.dumps({"alg": "HS256", "kid": "rsa", "typ": "JWT"}).encode()
    ).decode()
    signature = jwt.utils.base64url_encode(signer.sign(f"{head}.{body}".encode(), public)).decode()
    assert refused(exchange(f"{head}.{body}.{signature}"))


@pytest.mark.parametrize(
    "forged",
    [
        {"key": ci.STRANGERS},
        {"kid": "unknown"},
        {"kid": ""},
        {"kid": "ec"},
        {"key": ci.SHORT, "kid": "short"},
        {"alg": "RS512"},
        {"alg": "PS256"},
    ],
    ids=["strange key", "unknown kid", "no kid", "other kid", "short key", "RS512", "PS256"],
)
def test_another_key_or_algorithm_is_refused(cast: Cast, issuer: Issuer, forged: dict[str, Any]) -> None:
    bind(cast, issuer)
    assert refused(exchange(issuer.token(**forged)))


def test_where_a_token_says_its_keys_are_is_not_asked(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    with ci.serving() as attacker:
        for header in ("jku", "x5u"):
            token = issuer.token(key=ci.STRANGERS, headers={header: f"{attacker.url}/jwks"})
            assert refused(exchange(token))
        assert attacker.asked == []
        honest = issuer.token(headers={"jku": f"{attacker.url}/jwks"})
        assert exchange(honest).status_code == 201
        assert attacker.asked == []


@pytest.mark.parametrize("name", ["exp", "iat", "nbf", "iss", "aud", "sub", "jti", "repository_id"])
def test_a_token_that_leaves_something_out_is_refused(cast: Cast, issuer: Issuer, name: str) -> None:
    bind(cast, issuer)
    assert refused(exchange(issuer.token(**_claims({name: None}))))


@pytest.mark.parametrize(
    "changes",
    [{"exp": -1}, {"nbf": 2}, {"iat": 2}],
    ids=["expired a second ago", "not valid yet", "from the future"],
)
def test_times_are_held_to_the_second(cast: Cast, issuer: Issuer, changes: dict[str, int]) -> None:
    bind(cast, issuer)
    with time_machine.travel(datetime(2026, 11, 21, 12, tzinfo=UTC), tick=False) as clock:
        now = int(datetime.now(UTC).timestamp())
        token = issuer.token(**_claims({name: now + shift for name, shift in changes.items()}))
        assert refused(exchange(token))
        # The positive control: the same token at a moment in which it is valid.
        clock.shift(timedelta(seconds=-3 if "exp" in changes else 3))
        valid = issuer.token(
            **_claims({"iat": now - 10, "nbf": now - 10, **{n: now + s for n, s in changes.items()}})
        )
        assert exchange(valid).status_code == 201


def test_another_issuer_is_refused_even_with_our_keys(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    with ci.serving() as unknown:
        assert refused(exchange(unknown.token()))
        assert refused(exchange(issuer.token(iss=unknown.url)))
        assert unknown.asked == []


@pytest.mark.parametrize("nonsense", ["x", "a.b.c", "..", "é.é.é", "eyJhbGciOiJSUzI1NiJ9.e30.", "\x01"])
def test_nonsense_is_refused(cast: Cast, issuer: Issuer, nonsense: str) -> None:
    assert refused(exchange(nonsense))


def test_many_audiences_are_none(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    assert refused(exchange(issuer.token(aud=["http://127.0.0.1:8000", "https://elsewhere.example"])))


# --- what is a token of the CI system, for another job ------------------------------------------------------------


def test_another_repository_is_refused_also_under_the_same_name(cast: Cast, issuer: Issuer) -> None:
    """A fork, or a repository that took the name over: the number differs."""
    bind(cast, issuer)
    assert refused(exchange(issuer.token(repository_id="666", repository="mallory/scorer")))
    assert refused(exchange(issuer.token(repository_id="666")))
    assert denials(cast) == []  # a stranger leaves no trace in a foreign log


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "https://elsewhere.example"}, "workload.audience"),
        ({"ref": "refs/heads/feature"}, "workload.ref"),
        ({"ref": "refs/heads/main2"}, "workload.ref"),
        ({"ref": "refs/pull/7/merge"}, "workload.ref"),
        ({"ref": "refs/tags/main"}, "workload.ref"),
        ({"environment": "staging"}, "workload.environment"),
        ({"environment": None}, "workload.environment"),
        (
            {"job_workflow_ref": "bank/scorer/.github/workflows/other.yml@refs/heads/main"},
            "workload.workflow",
        ),
    ],
    ids=str,
)
def test_another_job_of_the_same_repository_is_refused_and_logged(
    cast: Cast, issuer: Issuer, changes: dict[str, Any], code: str
) -> None:
    bind(
        cast,
        issuer,
        environment="production",
        workflow="bank/scorer/.github/workflows/deploy.yml@refs/heads/main",
    )
    assert refused(exchange(issuer.token(**changes)), code)
    assert denials(cast) == [code]
    assert exchange(issuer.token()).status_code == 201


def test_a_token_is_good_once(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    token = issuer.token()
    assert exchange(token).status_code == 201
    again = exchange(token)
    assert (again.status_code, again.json()["code"]) == (403, "workload.replayed")
    assert denials(cast) == ["workload.replayed"]
    assert ApiToken.objects.filter(identity__isnull=False).count() == 1
    assert exchange(issuer.token()).status_code == 201


def test_used_tokens_are_forgotten_once_nobody_could_use_them(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    exchange(issuer.token())
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        exchange(issuer.token())
    assert UsedTokenId.objects.count() == 1


def test_an_ended_identity_and_its_tokens_are_dead(cast: Cast, issuer: Issuer) -> None:
    identity = bind(cast, issuer)
    client = using(exchange(issuer.token()).json()["token"])
    assert client.get("/api/v1/me").status_code == 200
    identities.deactivate(actor=cast.actor("olga"), identity=identity)
    assert client.get("/api/v1/me").status_code == 401
    again = exchange(issuer.token())
    assert (again.status_code, again.json()["code"]) == (403, "workload.ended")
    assert denials(cast) == ["workload.ended"]
    with pytest.raises(Conflict):
        identities.deactivate(actor=cast.actor("olga"), identity=identity)


def test_it_ends_with_whoever_answers_for_the_account(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    client = using(exchange(issuer.token()).json()["token"])
    members.deactivate(actor=cast.actor("olga"), membership=cast.dev.memberships.get())
    assert client.get("/api/v1/me").status_code == 401
    assert exchange(issuer.token()).json()["code"] == "workload.ended"


def test_another_organisation_is_none_of_its_business(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    assert refused(exchange(issuer.token(), "other"))
    assert refused(exchange(issuer.token(), "nowhere"))


def test_of_several_that_fit_one_is_named(cast: Cast, issuer: Issuer) -> None:
    bind(cast, issuer)
    bind(cast, issuer, name="audit", ref="refs/heads/*", scopes=["run_audit"])
    answer = exchange(issuer.token())
    assert (answer.status_code, answer.json()["code"]) == (409, "workload.ambiguous")
    assert exchange(issuer.token(), name="audit").json()["scopes"] == ["run_audit", "view"]
    assert refused_by_name(exchange(issuer.token(), name="nothing"))


def refused_by_name(answer: Any) -> bool:
    return bool(answer.json()["code"] == "workload.not_accepted")


def test_unreachable_keys_are_a_503_and_no_entry(cast: Cast, issuer: Issuer, settings: Any) -> None:
    gone = "http://127.0.0.1:9/jwks"
    settings.ASSAY_WORKLOAD_ISSUERS = {issuer.url: {"kind": "github", "keys": gone}}
    bind(cast, issuer)
    assert exchange(issuer.token()).status_code == 503


def test_guessing_is_throttled(cast: Cast, issuer: Issuer) -> None:
    statuses = [exchange("x").status_code for _ in range(61)]
    assert statuses.count(403) == 60
    assert statuses[-1] == 429
    # An address that the caller makes up changes nothing.
    client = APIClient()
    answer = client.post(
        "/api/v1/token-exchange", {"token": "x", "organisation": "acme"}, HTTP_X_FORWARDED_FOR="203.0.113.9"
    )
    assert answer.status_code == 429


def test_a_stranger_is_told_nothing_and_the_operator_is(
    cast: Cast, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    bind(cast, issuer)
    with caplog.at_level(logging.WARNING):
        answers = [
            exchange(issuer.token(repository_id="1")),
            exchange("x"),
            exchange(issuer.token(), "other"),
        ]
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert sum("workload_token_refused" in record.message for record in caplog.records) == 3


# --- making identities ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer_url": "https://unknown.example"},
        {"repository_id": "bank/scorer"},
        {"ref": "main"},
        {"ref": "refs/heads/**"},
        {"ref": "refs/heads/*/x"},
        {"ref": "*"},
        {"ref": "refs/pull/*"},
        {"scopes": []},
        {"scopes": ["everything"]},
    ],
    ids=str,
)
def test_a_vague_binding_is_refused(cast: Cast, issuer: Issuer, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        bind(cast, issuer, **wrong)


def test_only_who_manages_people_makes_one_for_a_service_account(cast: Cast, issuer: Issuer) -> None:
    binding = Binding(issuer.url, "1", "x", "refs/heads/main")
    for by, account, refusal in (("dev", cast.ci, Denied), ("olga", cast.dev, Invalid)):
        with pytest.raises(refusal):
            identities.create(
                actor=cast.actor(by),
                organisation=cast.acme,
                account=account,
                name="x",
                binding=binding,
                scopes=["view"],
            )


@pytest.mark.parametrize(
    ("pattern", "ref", "fits"),
    [
        ("refs/heads/main", "refs/heads/main", True),
        ("refs/heads/main", "refs/heads/main/x", False),
        ("refs/heads/*", "refs/heads/main", True),
        ("refs/heads/*", "refs/heads/", False),
        ("refs/heads/*", "refs/heads/release/1", False),
        ("refs/heads/release/*", "refs/heads/release/1", True),
        ("refs/heads/release/*", "refs/heads/release", False),
        ("refs/heads/release/*", "refs/heads/release-1", False),
        ("refs/heads/*", "refs/tags/v1", False),
    ],
)
def test_a_star_is_one_name(pattern: str, ref: str, fits: bool) -> None:
    assert ref_fits(pattern, ref) is fits


def test_the_account_needs_its_role_as_everybody(cast: Cast, issuer: Issuer) -> None:
    """The identity's scopes take away from the account's roles; without a role they give nothing."""
    bind(cast, issuer, scopes=["publish_policy", "manage_people"])
    client = using(exchange(issuer.token()).json()["token"])
    assert client.post("/api/v1/policies/defaults", {}).status_code == 403
