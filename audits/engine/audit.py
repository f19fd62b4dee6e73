"""One audit from file to verdicts."""

from __future__ import annotations

from collections.abc import Mapping as AbcMapping
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from audits.checks.declare import checks_from
from audits.checks.default import default_checks as defaults_of
from audits.checks.spec import Check, CheckError, CheckResult
from audits.engine import digests
from audits.engine.evidence import decide, family_of
from audits.engine.explaining import explanation_of
from audits.engine.measuring import Measured, Progress, measure
from audits.engine.outcome import AuditOutcome
from audits.engine.scoring import with_scores
from audits.engine.versions import versions
from audits.frames.errors import Refused
from audits.frames.limits import STANDARD, Limits
from audits.frames.mapping import Mapping
from audits.frames.source import Source, open_source
from audits.frames.wording import printable
from audits.metrics.spec import BINARY, Listing, Sampling
from audits.sandbox.errors import SandboxFailed, SandboxRefused
from audits.sandbox.results import ModelRef

Declared = Sequence[Check] | Sequence[AbcMapping[str, Any]] | AbcMapping[str, Any]


def audit(
    path: str | Path,
    mapping: Mapping | AbcMapping[str, Any],
    checks: Declared | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    model: ModelRef | None = None,
    sampling: Sampling | None = None,
    limits: Limits = STANDARD,
) -> AuditOutcome:
    """Audit a file of predictions; what cannot be audited comes back refused, it is never raised.

    The same inputs, seed and versions give the same outcome. ``progress`` is told each step and the share done.
    """
    tell = progress or _nobody
    used = replace(sampling or Sampling(), seed=seed)
    inputs: dict[str, Any] = {"data": {"name": printable(Path(path).name)}}
    try:
        _refuse_odd_name(Path(path))
        read = mapping if isinstance(mapping, Mapping) else Mapping.from_dict(mapping)
        planned = _checks(checks, read)
        inputs |= _inputs(read, planned, model)
        tell("Reading the file", 0.0)
        with (
            with_scores(Path(path), read, model, limits, tell) as (rows, original),
            open_source(rows, read, limits) as source,
        ):
            inputs["data"] = _data(source) | original
            return _audited(source, read, planned, used, tell, model, inputs)
    except Refused as refused:
        return AuditOutcome(seed, versions(), inputs, refused=refused)
    except (SandboxRefused, SandboxFailed) as error:
        told = error.as_dict()
        return AuditOutcome(seed, versions(), inputs, refused=Refused(told["code"], told["message"]))


def default_checks(mapping: Mapping) -> tuple[Check, ...]:
    """The checks that run when none are declared."""
    inverted = mapping.favourable is not None and not _alike(mapping.favourable, mapping.positive)
    return defaults_of(
        mapping.task,
        mapping.sensitive,
        label=mapping.label is not None,
        inverted=mapping.task == BINARY and inverted,
        favourable=mapping.favourable is not None,
    )


def _alike(one: str, other: str | None) -> bool:
    """The same value, however it is written: 1 and 1.0, yes and Yes."""
    if other is None:
        return False
    try:
        return float(one) == float(other)
    except ValueError:
        return one.strip().casefold() == other.strip().casefold()


def _audited(
    source: Source,
    mapping: Mapping,
    checks: tuple[Check, ...],
    sampling: Sampling,
    tell: Progress,
    model: ModelRef | None,
    inputs: dict[str, Any],
) -> AuditOutcome:
    wanted = {family_of(check, mapping) for check in checks}
    measured = measure(source, mapping, sampling, Listing(), tell, wanted)
    results = _decided(source, mapping, checks, measured)
    explanation, failed = None, None
    if model is not None:
        explanation, failed = explanation_of(model, source, mapping, sampling.seed, tell)
    tell("Done", 1.0)
    return AuditOutcome(
        sampling.seed,
        versions(),
        inputs,
        tuple(measured.measurements),
        results,
        source.report,
        _settings(measured),
        explanation,
        failed,
    )


def _decided(
    source: Source, mapping: Mapping, checks: tuple[Check, ...], measured: Measured
) -> tuple[CheckResult, ...]:
    again: dict[float, Measured] = {}

    def remeasure(confidence: float) -> Measured:
        if confidence not in again:
            sampling = replace(measured.sampling, confidence=confidence)
            again[confidence] = measure(source, mapping, sampling, Listing(), _nobody, ())
        return again[confidence]

    return tuple(decide(check, mapping, measured, remeasure) for check in checks)


def _checks(declared: Declared | None, mapping: Mapping) -> tuple[Check, ...]:
    if declared is None:
        return default_checks(mapping)
    if isinstance(declared, Sequence) and declared and all(isinstance(one, Check) for one in declared):
        return tuple(check for check in declared if isinstance(check, Check))
    try:
        return checks_from(declared)
    except CheckError as error:
        raise Refused("checks.invalid", str(error)) from error


def _refuse_odd_name(path: Path) -> None:
    """The database engine takes paths as text, and a path of other bytes is none."""
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        raise Refused("file.name", "The path of the file holds bytes that are no text: rename it.") from None


def _inputs(mapping: Mapping, checks: tuple[Check, ...], model: ModelRef | None) -> dict[str, Any]:
    document = digests.mapping_document(mapping)
    return {
        "mapping": {"digest": digests.of_document(document), "document": document},
        "checks": {"digest": digests.of_document(digests.checks_document(checks))},
        "model": {"digest": model.digest, "format": model.format} if model else None,
    }


def _data(source: Source) -> dict[str, Any]:
    return {
        "name": printable(source.path.name),
        "digest": source.digest,
        "bytes": source.size,
        "rows": source.rows,
        "format": source.format,
        "encoding": source.encoding,
        "delimiter": source.delimiter,
        "columns": list(source.columns),
    }


def _settings(measured: Measured) -> dict[str, Any]:
    orientation, sampling = measured.orientation, measured.sampling
    return {
        "positive": orientation.positive or None,
        "favourable": orientation.favourable or None,
        "favourable_is_positive": not orientation.inverted,
        "reference": dict(orientation.reference),
        "resamples": sampling.resamples,
        "confidence": sampling.confidence,
        "max_undefined": sampling.max_undefined,
    }


def _nobody(_step: str, _share: float) -> None:
    """Progress that nobody wants to hear of."""
