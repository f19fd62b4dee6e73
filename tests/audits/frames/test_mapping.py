from typing import Any

import pytest

from audits.frames.errors import Refused
from audits.frames.mapping import Mapping

DECLARED: dict[str, Any] = {
    "task": "binary",
    "label": "y",
    "positive": 1,
    "prediction": "p",
    "score": "s",
    "favourable": True,
    "sensitive": ["sex", "race"],
    "weight": "w",
    "features": ["age", "sex"],
    "missing": ["?", 999],
    "reference": {"sex": "Male"},
    "threshold": 0.4,
    "encoding": "Windows-1252",
    "delimiter": ";",
}


def refused(**changes: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        Mapping.from_dict(DECLARED | changes)
    return caught.value


def test_a_complete_mapping_is_read() -> None:
    mapping = Mapping.from_dict(DECLARED)
    assert mapping.positive == "1"
    assert mapping.favourable == "true"
    assert mapping.missing == ("?", "999")
    assert mapping.encoding == "cp1252"
    assert mapping.columns == ("sex", "race", "y", "p", "s", "w", "age")


def test_null_means_not_given() -> None:
    mapping = Mapping.from_dict(DECLARED | {"weight": None, "score": None, "delimiter": None})
    assert mapping.weight is None
    assert mapping.threshold == 0.4


def test_an_unknown_key_is_answered_with_the_allowed_ones() -> None:
    refusal = refused(postive="1")
    assert refusal.code == "mapping.unknown_key"
    assert '"postive"' in refusal.message
    assert '"positive"' in refusal.message


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"task": "ranking"}, "mapping.task"),
        ({"label": 3}, "mapping.column"),
        ({"label": ""}, "mapping.column"),
        ({"sensitive": "sex"}, "mapping.list"),
        ({"sensitive": ["sex", "sex"]}, "mapping.repeated"),
        ({"positive": ["1"]}, "mapping.value"),
        ({"positive": float("nan")}, "mapping.value"),
        ({"positive": None}, "mapping.positive"),
        ({"label": "a\0b"}, "mapping.value"),
        ({"positive": "\ud800"}, "mapping.value"),
        ({"prediction": None, "score": None}, "mapping.prediction"),
        ({"task": "regression", "label": None}, "mapping.regression"),
        ({"task": "multiclass", "prediction": None}, "mapping.prediction"),
        ({"reference": {"age": "40"}}, "mapping.reference"),
        ({"reference": "Male"}, "mapping.reference"),
        ({"threshold": "half"}, "mapping.threshold"),
        ({"threshold": float("inf")}, "mapping.threshold"),
        ({"encoding": "utf-7"}, "mapping.encoding"),
        ({"delimiter": "::"}, "mapping.delimiter"),
    ],
)
def test_what_a_mapping_does_not_say_clearly_is_refused(changes: dict[str, Any], code: str) -> None:
    assert refused(**changes).code == code


def test_a_mapping_must_be_an_object() -> None:
    with pytest.raises(Refused, match="as an object"):
        Mapping.from_dict(["task"])  # type: ignore[arg-type]
