"""The pages of classification and obligations: what they say first, who may act, and that nothing typed is lost."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.models import Classification, ObligationDecision
from governance.services import classifications
from registry.models import System
from registry.stages import RiskTier
from tests.cast import Cast
from tests.governance import staging
from tests.governance.classification.answering import harmless, sent
from tests.governance.gates import policies
from tests.make import make_document, make_system, make_version

EXEMPT = {"A3_5b": "yes", "EX_0": "yes", "EX_a": "yes"}


def browse(cast: Cast, name: str) -> Client:
    """A signed-in browser of one of the cast."""
    client = Client()
    client.force_login(getattr(cast, name), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def form(**changes: str) -> dict[str, str]:
    """The questionnaire as a browser sends it."""
    rows = sent(harmless(**changes))
    return {f"q-{key}": row["answer"] for key, row in rows.items()} | {
        f"r-{key}": row["reason"] for key, row in rows.items()
    }


def page(system: System, name: str = "classification") -> str:
    return reverse(name, args=[system.pk])


def text(response: Any) -> str:
    words: str = response.content.decode()
    return words


def answer(cast: Cast, system: System, by: str = "dev", **changes: str) -> Classification:
    return classifications.answer(actor=cast.actor(by), system=system, answers=sent(harmless(**changes)))


def test_before_anybody_answered_it_says_so_and_asks(cast: Cast) -> None:
    found = text(browse(cast, "dev").get(page(make_system(cast))))
    assert "High risk, as declared at registration" in found
    assert "Classify by these answers" in found
    assert found.count('class="question"') == 59


def test_the_answer_comes_first_with_its_reasons(cast: Cast) -> None:
    system = make_system(cast)
    sent_ = browse(cast, "dev").post(page(system, "classify"), form(A3_5b="yes"), follow=True)
    found = text(sent_)
    assert sent_.redirect_chain[-1][0] == page(system)
    assert "Classification 1 is in force: high risk." in found
    assert "High risk: Annex III 5b" in found
    assert "The answers of the last time are filled in." in found
    assert 'name="q-A3-5b" value="yes" checked' in found


def test_a_mistake_stands_beside_its_question_and_nothing_typed_is_lost(cast: Cast) -> None:
    system = make_system(cast)
    typed = {**form(SC3="yes", TR1="yes"), "r-SC3": "", "r-SC2": "Sold in Norway only."}
    answered = browse(cast, "dev").post(page(system, "classify"), typed)
    found = text(answered)
    assert answered.status_code == 400
    assert "Nothing was recorded" in found
    assert 'href="#q-SC3"' in found
    assert 'name="q-TR1" value="yes" checked' in found
    assert 'value="Sold in Norway only."' in found
    assert not Classification.objects.exists()


def test_what_is_not_answered_is_asked_for_by_name(cast: Cast) -> None:
    system, typed = make_system(cast), form(A3_5b="yes")
    del typed["q-PR-a"], typed["q-EX-c"]
    answered = browse(cast, "dev").post(page(system, "classify"), typed)
    assert answered.status_code == 400
    assert "2 questions are not answered" in text(answered)
    assert 'href="#q-PR-a"' in text(answered)
    # the exemption is not asked about where no area applies
    typed = {key: value for key, value in form().items() if not key.startswith("q-EX")}
    assert browse(cast, "dev").post(page(system, "classify"), typed).status_code == 302


def test_a_second_person_confirms(cast: Cast) -> None:
    system = make_system(cast)
    browse(cast, "dev").post(page(system, "classify"), form(**EXEMPT))
    mine, theirs = text(browse(cast, "dev").get(page(system))), text(browse(cast, "rita").get(page(system)))
    assert "classification 1 waits for confirmation" in mine
    assert "It is confirmed by a risk reviewer or a compliance officer." in mine
    assert "Confirm classification 1" not in mine
    assert "It claims the exemption of Art. 6(3)." in theirs
    done = browse(cast, "rita").post(page(system, "confirm-classification"), {"number": "1"}, follow=True)
    assert "Minimal risk" in text(done)
    assert "confirmed by Rita" in text(done)


def test_a_rejection_without_a_reason_is_not_one(cast: Cast) -> None:
    system = make_system(cast)
    answer(cast, system)
    client = browse(cast, "rita")
    refused = client.post(page(system, "reject-classification"), {"number": "1", "reason": " "})
    assert refused.status_code == 400
    assert "Say why you reject it" in text(refused)
    done = client.post(
        page(system, "reject-classification"), {"number": "1", "reason": "It lends."}, follow=True
    )
    assert "“It lends.”" in text(done)


def test_who_answered_cannot_confirm_from_the_page(cast: Cast) -> None:
    system = make_system(cast)
    answer(cast, system, by="cora")
    assert "You answered the questionnaire yourself." in text(browse(cast, "cora").get(page(system)))
    refused = browse(cast, "cora").post(page(system, "confirm-classification"), {"number": "1"})
    assert refused.status_code == 403
    assert System.objects.get(pk=system.pk).risk_tier == "high"


@pytest.mark.parametrize("number", ["", "7", "x", "-1", "1" * 30, "1\x00"])
def test_a_page_that_is_too_old_confirms_nothing(cast: Cast, number: str) -> None:
    system = make_system(cast)
    answer(cast, system)
    refused = browse(cast, "rita").post(page(system, "confirm-classification"), {"number": number})
    assert refused.status_code == 409
    assert "too old" in text(refused)


def test_the_history_tells_what_was_answered_otherwise(cast: Cast) -> None:
    system = make_system(cast, tier=RiskTier.MINIMAL)
    answer(cast, system)
    answer(cast, system, TR1="yes")
    found = text(browse(cast, "aud").get(page(system)))
    assert "1 changed" in found
    assert "<del>no</del> <ins>yes</ins>" in found
    assert "You may not answer it." in found


def test_a_prohibited_use_is_said_at_the_top(cast: Cast) -> None:
    system = make_system(cast)
    answer(cast, system, PR_c="yes")
    found = text(browse(cast, "dev").get(page(system)))
    assert "Unacceptable risk" in found
    assert "Nothing of this system moves on." in found


def test_hostile_reasons_are_shown_as_text(cast: Cast) -> None:
    system = make_system(cast)
    hostile = "<script>alert(1)</script>{{7*7}}"
    client = browse(cast, "dev")
    client.post(page(system, "classify"), {**form(SC3="yes"), "r-SC3": hostile})
    found = text(client.get(page(system)))
    assert "<script>alert" not in found
    assert "{{7*7}}" in found
    assert client.post(page(system, "classify"), {**form(SC3="yes"), "r-SC3": "a\x00b"}).status_code == 400


# --- obligations ---


def test_the_checklist_of_a_version_leads_to_the_answers_and_the_obligations(cast: Cast) -> None:
    demands = [{"classification": {}}, {"framework": {"id": "eu-ai-act"}}]
    staging.put_into_force(cast, policies.text(demands))
    system = make_system(cast)
    answer(cast, system, A3_5b="yes")
    version = make_version(cast, system)
    found = text(browse(cast, "dev").get(reverse("version", args=[version.pk])))
    assert f'href="{page(system)}"' in found
    assert f'href="{page(system, "coverage")}?framework=eu-ai-act"' in found
    assert f'href="{page(system, "coverage")}?framework=eu-ai-act#eu-ai-act:art-4"' in found


def test_obligations_wait_for_a_classification(cast: Cast) -> None:
    found = text(browse(cast, "dev").get(page(make_system(cast), "coverage")))
    assert "What it asks for is not known yet" in found
    assert "Not legal advice" in found


def test_open_obligations_come_first_with_what_is_missing(cast: Cast) -> None:
    system = make_system(cast)
    answer(cast, system, A3_5b="yes")
    found = text(browse(cast, "dev").get(page(system, "coverage")))
    assert "obligations are open today" in found
    assert found.index("What would cover the most") < found.index(">Open <") < found.index(">Not yet begun <")
    assert '<details class="group"><summary><h2>Not yet begun' in found
    assert '<details class="group"><summary><h2>Open' not in found
    assert "the document “Competence record”" in found
    assert "begins 2 Dec 2027" in found


def test_a_reviewer_signs_on_the_page_and_what_is_refused_keeps_its_words(cast: Cast) -> None:
    system = make_system(cast)
    make_document(cast, system, "management_review")
    client, one = browse(cast, "cora"), "iso-42001:5.1"
    assert "Sign</button>" in text(client.get(page(system, "coverage") + "?framework=iso-42001"))
    body = {"framework": "iso-42001", "obligation": one, "state": "met", "reason": " "}
    refused = client.post(page(system, "sign-obligation"), body)
    assert refused.status_code == 400
    assert "Say what you looked at" in text(refused)
    done = client.post(page(system, "sign-obligation"), {**body, "reason": "I read it."}, follow=True)
    assert "Your word on iso-42001:5.1 is recorded." in text(done)
    assert "“I read it.” Cora" in text(done)
    assert ObligationDecision.objects.get().state == "met"


def test_those_who_do_not_vote_are_offered_nothing_to_sign(cast: Cast) -> None:
    system = make_system(cast)
    assert "Sign</button>" not in text(browse(cast, "dev").get(page(system, "coverage") + "?framework=gdpr"))
    body = {"framework": "gdpr", "obligation": "iso-42001:5.1", "state": "met", "reason": "Mine."}
    assert browse(cast, "dev").post(page(system, "sign-obligation"), body).status_code == 403
    assert not ObligationDecision.objects.exists()


def test_an_unknown_framework_shows_the_first_and_a_nul_is_refused(cast: Cast) -> None:
    system = make_system(cast)
    assert browse(cast, "dev").get(page(system, "coverage") + "?framework=x").status_code == 200
    body = {"framework": "gdpr", "obligation": "a\x00", "state": "met", "reason": "x\x00"}
    assert browse(cast, "cora").post(page(system, "sign-obligation"), body).status_code == 400


@pytest.mark.parametrize("name", ["classification", "coverage"])
def test_outsiders_find_nothing(cast: Cast, name: str) -> None:
    assert browse(cast, "oscar").get(page(make_system(cast), name)).status_code == 404
    assert browse(cast, "root").get(page(System.objects.get(), name)).status_code == 404


@pytest.mark.parametrize(("name", "limit"), [("classification", 14), ("coverage", 14)])
def test_a_page_takes_the_same_number_of_queries_however_much_there_is(
    cast: Cast, name: str, limit: int
) -> None:
    system = make_system(cast, tier=RiskTier.MINIMAL)
    answer(cast, system)
    make_version(cast, system)
    client = browse(cast, "cora")

    def count() -> int:
        client.get(page(system, name))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(page(system, name)).status_code == 200
        return len(seen)

    few = count()
    for number in range(3):
        answer(cast, system, TR1="yes" if number % 2 else "no", GP1="yes")
        make_version(cast, system, version=f"x{number}")
    assert count() == few
    assert few <= limit
