"""Check the explaining worker's answer and give it its type."""

from typing import Any, Literal, cast

from audits.sandbox import answers
from audits.sandbox.results import Confinement, Explanation, FeatureImportance

_METHODS = ("tree_path_dependent", "interventional")
_Groups = dict[str, dict[str, dict[str, float]]]
_Sizes = dict[str, dict[str, int]]


def read(answer: dict[str, Any], seed: int, confinement: Confinement) -> Explanation:
    """The explanation in this answer, most important feature first; a failure when it has another shape."""
    features = answers.texts(answer, "features")
    by_group, sizes = _groups(answer, features)
    method = answers.choice(answer, "method", _METHODS)
    return Explanation(
        method=cast(Literal["tree_path_dependent", "interventional"], method),
        output="margin",
        base_value=answers.number(answer, "base_value"),
        n=answers.count(answer, "n"),
        importance=_importance(answer, features),
        by_group=by_group,
        additivity_error=answers.number(answer, "additivity_error"),
        rows=answers.count(answer, "rows"),
        seed=seed,
        group_sizes=sizes,
        background_rows=answers.count(answer, "background_rows"),
        ignored_features=answers.texts(answer, "ignored_features"),
        versions=answers.versions(answer),
        confinement=confinement,
    )


def _importance(answer: dict[str, Any], features: tuple[str, ...]) -> tuple[FeatureImportance, ...]:
    means = answers.numbers(answer, "mean_abs", len(features))
    lows, highs = _optional(answer, "low", len(features)), _optional(answer, "high", len(features))
    rows = map(FeatureImportance, features, means, lows, highs)
    return tuple(sorted(rows, key=lambda row: (-row.mean_abs, row.feature)))


def _optional(answer: dict[str, Any], name: str, length: int) -> list[float] | list[None]:
    if answers.member(answer, name) is None:
        return [None] * length
    return answers.numbers(answer, name, length)


def _groups(answer: dict[str, Any], features: tuple[str, ...]) -> tuple[_Groups, _Sizes]:
    by_group: _Groups = {}
    sizes: _Sizes = {}
    for attribute, groups in answers.mapping(answer, "groups").items():
        by_group[attribute], sizes[attribute] = {}, {}
        for group in answers.mapping({attribute: groups}, attribute):
            means = answers.numbers(groups[group], "mean_abs", len(features))
            by_group[attribute][group] = dict(zip(features, means, strict=True))
            sizes[attribute][group] = answers.count(groups[group], "n")
    return by_group, sizes
