"""Rows of the statement to facts. The order of values is that of `statement`."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from governance.dossier import results
from governance.dossier.columns import identifier, moment
from governance.gates import codec
from governance.gates.spec import (
    DatasetFacts,
    DocumentFacts,
    HolderFacts,
    LogFacts,
    PolicyFacts,
    ReportFacts,
    RequestFacts,
    RunFacts,
    Subject,
    SystemFacts,
    VersionFacts,
    VoteFacts,
)
from governance.gates.voted import ConditionFacts
from registry.ledger import chain

Row = Sequence[str]


def by_kind(rows: Iterable[Row]) -> Mapping[str, list[Row]]:
    """The rows of each kind, without the kind."""
    found: dict[str, list[Row]] = defaultdict(list)
    for kind, *values in rows:
        found[kind].append(values)
    return found


def system(row: Row) -> SystemFacts:
    """The system."""
    pk, organisation, slug, tier, stage, owner, *_ = row
    return SystemFacts(identifier(pk), identifier(organisation), slug, tier, stage, identifier(owner))


def log(row: Row) -> LogFacts:
    """Where the log stood."""
    origin, size, root, *_ = row
    return LogFacts(origin, int(size), root.lower())


def policy(row: Row) -> PolicyFacts:
    """The published policy."""
    pk, name, number, digest, body, drafter, publisher, *_ = row
    editors = tuple(sorted({identifier(person) for person in (drafter, publisher) if person}))
    return PolicyFacts(
        identifier(pk), name, int(number), digest, chain.digest(body.encode()) == digest, editors
    )


def version(row: Row, committers: Iterable[Row]) -> VersionFacts:
    """The model version. A part of the training record counts when it says something."""
    pk, model, name, stage, digest, format_, author, training, *_ = row
    record = chain.exact(json.loads(training))
    return VersionFacts(
        id=identifier(pk),
        model=model,
        version=name,
        stage=stage,
        artifact_digest=digest,
        format=format_,
        author=identifier(author),
        training_digest=chain.digest_of(record),
        recorded=tuple(sorted(key for key, value in record.items() if value and str(value).strip())),
        features_digest=chain.digest_of(record.get("features") or []),
        committers=tuple(sorted({identifier(person) for person, *_ in committers})),
        features=tuple(sorted({str(name) for name in record.get("features") or ()})),
    )


def dataset(row: Row) -> DatasetFacts:
    """A dataset version; the digest of its column contract is the one of its registration."""
    pk, name, version_, digest, columns, contract, pinned, author, owner, lock, registered, *_ = row
    contracted = {"columns": json.loads(columns), "contract": chain.exact(json.loads(contract))}
    columns_digest = chain.digest_of(contracted)
    return DatasetFacts(
        id=identifier(pk),
        dataset=name,
        version=version_,
        digest=digest,
        columns_digest=columns_digest,
        pinned=bool(pinned),
        author=identifier(author),
        owner=identifier(owner),
        schema_locked=lock == columns_digest,
        features=_columns(contracted["columns"], "feature"),
        sensitive=_columns(contracted["columns"], "sensitive"),
        registered_at=moment(registered),
    )


def _columns(columns: Iterable[Mapping[str, str]], role: str) -> tuple[str, ...]:
    return tuple(sorted(column["name"] for column in columns if column["role"] == role))


def documents(rows: Iterable[Row]) -> tuple[DocumentFacts, ...]:
    """The newest document of each kind, of the version and of the system."""
    newest: dict[tuple[str, bool], DocumentFacts] = {}
    for pk, kind, number, digest, author, of_version, added_at, outline, *_ in rows:
        said = json.loads(outline)
        found = DocumentFacts(
            identifier(pk),
            kind,
            int(number),
            digest,
            identifier(author),
            bool(of_version),
            moment(added_at),
            *(tuple(said.get(name, ())) for name in ("missing", "features", "dropped")),
        )
        key = (kind, found.of_version)
        if key not in newest or newest[key].number < found.number:
            newest[key] = found
    return tuple(newest[key] for key in sorted(newest))


def runs(rows: Iterable[Row], attempts: Mapping[str, int]) -> list[RunFacts]:
    """The runs that ended, each with which attempt on its test set it was."""
    return [replace(found, attempt=attempts.get(found.id, 0)) for found in map(run, rows)]


def run(row: Row) -> RunFacts:
    """A run that ended. Of a replaced plan only that it ended counts, so its result was not read."""
    pk, plan_, state, seed, code, starter, requested, finished, digest, result, replaced, reproduces, *_ = row
    untouched = bool(replaced) or not digest or results.intact(result, digest)
    kinds, checks = results.read(result) if result and untouched else ((), ())
    return RunFacts(
        id=identifier(pk),
        plan=identifier(plan_),
        state=state,
        seed=int(seed),
        code_version=code,
        starter=identifier(starter),
        requested_at=moment(requested),
        finished_at=moment(finished) if finished else None,
        result_digest=digest,
        intact=untouched,
        kinds=kinds,
        checks=checks,
        reproduces=identifier(reproduces),
    )


def request(row: Row) -> RequestFacts:
    """An approval request."""
    pk, state, subject, digest, requester, requested_at, *_ = row
    asked = codec.read(Subject, subject)
    return RequestFacts(identifier(pk), state, asked, digest, identifier(requester), moment(requested_at))


def vote(row: Row) -> VoteFacts:
    """A vote."""
    request_, to_stage, voter, role, verdict, digest, voted_at, entitled, principal, withdrawn, *_ = row
    return VoteFacts(
        identifier(request_),
        to_stage,
        identifier(voter),
        role,
        verdict,
        digest,
        moment(voted_at),
        bool(entitled),
        identifier(principal),
        bool(withdrawn),
    )


def condition(row: Row) -> ConditionFacts:
    """What an approval was given on condition of."""
    pk, request_, voter, role, owner, due, met, *_ = row
    return ConditionFacts(
        identifier(pk),
        identifier(request_),
        identifier(voter),
        role,
        identifier(owner),
        moment(due),
        moment(met) if met else None,
    )


def holder(row: Row) -> HolderFacts:
    """Someone in a role that votes."""
    person, role, *_ = row
    return HolderFacts(identifier(person), role)


def delegates(rows: Iterable[Row], now: datetime) -> Iterator[HolderFacts]:
    """People who may vote, now or soon, in a role that another holds."""
    for person, role, principal, ends_at, *_ in rows:
        if moment(ends_at) > now:
            yield HolderFacts(identifier(person), role, identifier(principal))


def report(row: Row) -> ReportFacts:
    """A report."""
    pk, kind, basis, state, pdf, *_ = row
    return ReportFacts(identifier(pk), kind, basis, state, pdf)
