"""Which obligations concern a system, and from which day."""

from dataclasses import replace
from datetime import date

from governance.frameworks.applying import Profile, Reduced, reduced

LENDER = Profile(
    in_scope=True,
    roles=("provider",),
    risks=("high_risk",),
    routes=("annex_iii",),
    triggers=("A3-5b",),
)
EU = "eu-ai-act"


def names(found: Reduced) -> set[str]:
    return {one.obligation.id.removeprefix("eu-ai-act:") for one in found.applying}


def test_a_provider_of_a_high_risk_system_has_the_providers_duties() -> None:
    found = names(reduced(EU, LENDER))
    assert {"art-4", "art-9.1", "art-11.1"} <= found
    assert "art-6.4" not in found  # that one is for the exempt


def test_another_role_has_other_duties() -> None:
    as_deployer = names(reduced(EU, replace(LENDER, roles=("deployer",))))
    assert "art-9.1" not in as_deployer
    assert "art-4" in as_deployer


def test_the_day_is_that_of_the_systems_own_route() -> None:
    days = {}
    for routes in (("annex_iii",), ("annex_i",), ("annex_i", "annex_iii")):
        found = reduced(EU, replace(LENDER, routes=routes))
        days[routes] = next(one.start for one in found.applying if one.obligation.ref == "art-9.1")
    assert list(days.values()) == [date(2027, 12, 2), date(2028, 8, 2), date(2027, 12, 2)]


def test_a_condition_that_the_questionnaire_settles_is_settled() -> None:
    chatbot = Profile(True, ("provider", "deployer"), ("transparency",), (), ("TR1",))
    titles = {
        a.obligation.ref: a for a in reduced(EU, chatbot).applying if a.obligation.ref.startswith("art-50")
    }
    assert "art-50.1" in titles
    assert "art-50.2" not in titles
    assert not titles["art-50.1"].conditional


def test_a_condition_that_nobody_can_tell_from_the_answers_is_left_to_a_person() -> None:
    found = {a.obligation.ref: a.conditional for a in reduced(EU, LENDER).applying}
    assert found["art-9.7"]
    assert not found["art-9.1"]


def test_out_of_scope_nothing_of_the_act_applies() -> None:
    found = reduced(EU, replace(LENDER, in_scope=False))
    assert found.settled
    assert found.applying == ()
    assert len(found.others) == len(found.framework.obligations)


def test_without_a_classification_nothing_is_settled() -> None:
    found = reduced(EU, None)
    assert not found.settled
    assert found.applying == ()


def test_another_framework_concerns_everybody_until_somebody_signs_otherwise() -> None:
    with_it, without = reduced("nyc-ll144", LENDER), reduced("nyc-ll144", None)
    assert with_it.applying == without.applying
    assert len(without.applying) == len(without.framework.obligations)
    assert all(one.conditional for one in without.applying)


def test_what_is_reported_as_deleted_is_asked_of_nobody() -> None:
    exempt = replace(LENDER, risks=("annex_iii_exempt",))
    assert not {"annex-viii.B.7", "annex-viii.B.9"} & names(reduced(EU, exempt))
    assert "annex-viii.B.1" in names(reduced(EU, exempt))


def test_a_point_of_annex_iii_is_told_from_another() -> None:
    found = {}
    for trigger in ("A3-2", "A3-5b"):
        deploying = replace(LENDER, roles=("deployer",), triggers=(trigger,))
        found[trigger] = {one.obligation.route for one in reduced(EU, deploying).applying}
    assert "annex_iii (not point 2)" in found["A3-5b"]
    assert "annex_iii (not point 2)" not in found["A3-2"]
