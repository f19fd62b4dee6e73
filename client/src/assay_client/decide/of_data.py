"""Demands on data: registered, measured, locked, described, and looked at for stand-ins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from assay_client.decide import data, votes
from assay_client.decide.errors import BadFacts
from assay_client.decide.facts import Fact
from assay_client.decide.lines import INSUFFICIENT, MET, OPEN, STALE, Line

Params = Mapping[str, Any]
# Each check of data: whether a higher bar is the stricter one, and the bar where a policy names none.
BARS: Mapping[str, tuple[bool, str]] = {
    "rows": (True, "100"),
    "unregistered_columns": (False, "0"),
    "type_disagreement_share": (False, "0"),
    "missing_share": (False, "0.1"),
    "constant_features": (False, "0"),
    "duplicate_share": (False, "0.01"),
    "repeated_key_share": (False, "0"),
    "label_missing_share": (False, "0"),
    "label_classes": (True, "2"),
    "group_rows": (True, "30"),
}
_SHOWN = 10


def datasets(dossier: Fact, params: Params) -> Iterator[Line]:
    """Enough is registered."""
    count, needed = len(dossier.datasets), params["at_least"]
    yield Line(
        "datasets", MET if count >= needed else OPEN, f"{count} of {needed} dataset versions are registered."
    )


def data_quality(dossier: Fact, params: Params) -> Iterator[Line]:
    """What counts was measured, and passed by bars as strict as asked."""
    found = data.counted(dossier)
    if not found:
        yield _no_data("data_quality", dossier)
    for dataset in found:
        yield from _quality(dossier, dataset, params)


def _quality(dossier: Fact, dataset: Fact, params: Params) -> Iterator[Line]:
    code, name = f"data_quality.{dataset.dataset}", _name(dataset)
    run, days = data.quality_of(dossier, dataset), params.get("within_days")
    if run is None:
        yield Line(code, OPEN, f"The quality of {name} was not measured.")
    elif not run.intact:
        yield Line(code, OPEN, f"The stored quality of {name} no longer has the digest it was recorded with.")
    elif run.state not in data.MEASURED:
        yield Line(code, OPEN, f"The quality of {name} could not be measured.")
    elif not votes.fresh(run.finished_at, days, dossier.now):
        yield Line(code, STALE, f"The quality of {name} was measured more than {days} days ago.")
    else:
        held = {check.check: check for check in run.checks}
        asked = params.get("names") or list(BARS)
        wrong = [_check(code, name, one, held.get(one), params.get("bars", {})) for one in asked]
        bad = [line for line in wrong if line is not None]
        yield from bad or [Line(code, MET, f"The quality of {name} was measured, and every check passed.")]


def _check(code: str, name: str, check: str, held: Fact | None, bars: Params) -> Line | None:
    higher, default = BARS[check]
    wanted = Decimal(str(bars.get(check, default)))
    if held is None:
        return Line(f"{code}.{check}", OPEN, f"{name} was not checked for {check}.")
    bar = number(held.bar)
    if bar < wanted if higher else bar > wanted:
        words = f"{name} was checked for {check} by the bar {held.bar}, and {wanted:f} is asked for."
        return Line(f"{code}.{check}", OPEN, words)
    if held.verdict == "passed":
        return None
    state = INSUFFICIENT if held.verdict == "insufficient" else OPEN
    return Line(f"{code}.{check}", state, f"{name}: {held.sentence}")


def schema_locked(dossier: Fact, _: Params) -> Iterator[Line]:
    """The columns of what counts are locked as they are."""
    found = data.counted(dossier)
    if not found:
        yield _no_data("schema_locked", dossier)
    for one in found:
        code = f"schema_locked.{one.dataset}"
        if one.schema_locked:
            yield Line(code, MET, f"The columns of {_name(one)} are locked.")
        else:
            yield Line(code, OPEN, f"No lock holds the columns of {_name(one)}.")


def features_documented(dossier: Fact, _: Params) -> Iterator[Line]:
    """Every feature is described."""
    code, features = "features_documented", data.features(dossier)
    written = data.document(dossier, "feature_documentation")
    left_out = [name for name in features if written is None or name not in written.features]
    if not features and not data.counted(dossier):
        yield _no_data(code, dossier)
    elif not features:
        yield Line(code, OPEN, "No column of the data is registered as a feature.")
    elif written is None:
        yield Line(code, OPEN, "There is no feature documentation.")
    elif left_out:
        yield Line(code, OPEN, f"The feature documentation does not describe {_listed(left_out)}.")
    else:
        yield Line(code, MET, f"The feature documentation describes every feature ({len(features)}).")


def proxy_review(dossier: Fact, params: Params) -> Iterator[Line]:
    """Somebody else decided on every feature that tells too much of a sensitive column."""
    found, above = data.counted(dossier), Decimal(str(params["above"]))
    if not found:
        yield _no_data("proxy_review", dossier)
        return
    if not any(one.sensitive for one in found):
        words = "No column is registered as sensitive, so nothing shows whether a feature stands in for one."
        yield Line("proxy_review", INSUFFICIENT, words)
        return
    for one in found:
        if one.sensitive:
            state, words = _stand_ins(dossier, one, above)
            yield Line(f"proxy_review.{one.dataset}", state, words)
    review = data.document(dossier, "proxy_review")
    if review is not None and dossier.version is not None:
        used = dossier.version.features or data.features(dossier)
        kept = [name for name in review.dropped if name in used]
        if kept:
            words = f"The proxy review drops {_listed(kept)}, and the version is made with it."
            yield Line("proxy_review.dropped", OPEN, words)


def _stand_ins(dossier: Fact, dataset: Fact, above: Decimal) -> tuple[str, str]:
    name, run = _name(dataset), data.quality_of(dossier, dataset)
    if run is None or not run.intact or run.state not in data.MEASURED:
        return OPEN, f"How much the features of {name} tell of its sensitive columns was not measured."
    told = {one.feature: one for one in run.associations}
    blind = [one for one in dataset.features if one not in told or not told[one].value]
    if blind:
        return INSUFFICIENT, f"Whether {_listed(blind)} of {name} stand in for a group could not be measured."
    much = [told[one] for one in dataset.features if number(told[one].value) > above]
    if not much:
        return MET, f"No feature of {name} tells more than {above:f} of a sensitive column."
    return _reviewed(dossier, dataset, much, above)


def _reviewed(dossier: Fact, dataset: Fact, much: Sequence[Fact], above: Decimal) -> tuple[str, str]:
    name = _name(dataset)
    review = data.document(dossier, "proxy_review")
    described = data.document(dossier, "feature_documentation")
    left = [one for one in much if review is None or one.feature not in review.features]
    if review is None or left:
        named = _listed([f"{one.feature} ({one.sensitive}, {one.value[:5]})" for one in left])
        return OPEN, f"{name}: nobody decided on {named}, above {above:f}."
    if described is None:
        return OPEN, "Without feature documentation nobody can tell who else reviewed."
    if review.author == described.author:
        return OPEN, "The proxy review is by the author of the feature documentation."
    if dataset.registered_at is None or review.added_at < dataset.registered_at:
        return STALE, f"The proxy review is older than {name}."
    return MET, f"{name}: a decision stands on every feature above {above:f} ({len(much)})."


def number(text: str) -> Decimal:
    """Decimal text of the facts."""
    try:
        found = Decimal(text)
    except ArithmeticError:
        found = Decimal("NaN")
    if not found.is_finite():
        raise BadFacts(f"{text!a} is no number")
    return found


def _no_data(code: str, dossier: Fact) -> Line:
    if dossier.version is not None:
        return Line(code, OPEN, "The version names no dataset version it was made from.")
    return Line(code, OPEN, "No data are registered.")


def _name(dataset: Fact) -> str:
    return f"{dataset.dataset} {dataset.version}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
