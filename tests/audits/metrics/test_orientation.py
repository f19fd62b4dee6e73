"""Which outcome is good for people is declared, and rates of the other one are never taken for it."""

from audits.metrics import binary
from audits.metrics.spec import Listing, Orientation, Sampling
from tests.audits.metrics.counted import at, confusion

REFUSED_CREDIT = Orientation(positive="default", favourable="paid", inverted=True)


def test_the_favourable_rate_turns_around_when_the_positive_class_is_the_adverse_event() -> None:
    cells = confusion("g", A=(10, 30, 10, 50), B=(5, 5, 5, 85))
    found, _ = binary.measure(cells, [("g",)], REFUSED_CREDIT, Sampling(resamples=50), Listing())
    assert at(found, "selection_rate", {"g": "A"}).value == 0.4
    assert at(found, "impact_ratio", {"g": "B"}).value == 0.25
    assert at(found, "favourable_rate", {"g": "A"}).value == 0.6
    assert at(found, "favourable_impact_ratio", {"g": "A"}).value == 0.6 / 0.9
    assert at(found, "favourable_impact_ratio", {"g": "B"}).value == 1
