"""What changed between two decision subjects, told to people: by field, in words, with the way to each thing."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from audits.models import AuditRun
from governance.gates import subject
from governance.gates.spec import Subject
from governance.models import Policy
from governance.services import questions
from registry.models import DatasetVersion, Document, ModelVersion, System

COMPARED = 4000  # words; longer texts are shown one after the other
_WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True)
class Piece:
    """A run of words: the same, gone or new."""

    kind: str  # same | del | ins
    text: str


@dataclass(frozen=True)
class Line:
    """One thing within a field that changed. `pieces` shows a text before and after."""

    words: str
    url: str = ""
    link: str = ""
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Change:
    """One field of the subject that changed."""

    field: str
    name: str
    lines: tuple[Line, ...]


def changes(about: ModelVersion | System, before: Subject, after: Subject) -> list[Change]:
    """Every field that differs; a fixed number of queries for each kind of field."""
    return [
        Change(name, _capital(subject.FIELD_WORDS[name]), tuple(_lines(about, name, before, after)))
        for name in subject.changed_fields(before, after)
    ]


def _lines(about: ModelVersion | System, name: str, before: Subject, after: Subject) -> Iterator[Line]:
    was, now = _values(getattr(before, name)), _values(getattr(after, name))
    if name == "datasets":
        yield from _datasets(about, was, now)
    elif name in {"intended_use", "documents"}:
        yield from _documents(about, was, now)
    elif name == "evidence":
        yield from _evidence(about, was, now)
    elif name == "policy":
        yield from _policies(about, was, now)
    else:
        yield Line(f"{_told(was)} → {_told(now)}")


def _values(value: str | Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in ((value,) if isinstance(value, str) else value) if one)


def _told(values: Iterable[str]) -> str:
    """Digests shortened, words as they are."""
    return ", ".join(_short(value) for value in values) or "nothing"


def _short(value: str) -> str:
    return re.sub(r"sha256:([0-9a-f]{12})[0-9a-f]+", r"\1…", value)


def _datasets(about: ModelVersion | System, was: Sequence[str], now: Sequence[str]) -> Iterator[Line]:
    rows = DatasetVersion.objects.filter(
        dataset__system=questions.system_of(about), artifact__digest__in={*was, *now}
    ).select_related("dataset", "artifact")
    names = {row.artifact.digest: str(row) for row in rows}
    url = reverse("system", args=[questions.system_of(about).pk]) + "#data"
    for digest in sorted(set(was) - set(now)):
        yield Line(f"{names.get(digest, _short(digest))} is not used any more.", url, "See the data")
    for digest in sorted(set(now) - set(was)):
        yield Line(f"{names.get(digest, _short(digest))} is new.", url, "See the data")


def _documents(about: ModelVersion | System, was: Sequence[str], now: Sequence[str]) -> Iterator[Line]:
    rows = Document.objects.filter(system=questions.system_of(about), digest__in={*was, *now})
    by_digest = {row.digest: row for row in rows.order_by("number")}
    gone = {by_digest[d].kind: by_digest[d] for d in set(was) - set(now) if d in by_digest}
    came = {by_digest[d].kind: by_digest[d] for d in set(now) - set(was) if d in by_digest}
    url = reverse("system", args=[questions.system_of(about).pk]) + "#documents"
    for kind in sorted({*gone, *came}):
        yield from _sections(gone.get(kind), came.get(kind), url)


def _sections(before: Document | None, after: Document | None, url: str) -> Iterator[Line]:
    title = (after or before).title if (after or before) else ""  # type: ignore[union-attr]
    old, new = (dict(document.told()) if document else {} for document in (before, after))
    for section in sorted({*old, *new}):
        was, now = (text.get(section, "") for text in (old, new))
        if was == now:
            continue
        how = "is new" if not was else "is gone" if not now else "changed"
        yield Line(f"{title}: the section “{section}” {how}.", url, "See the document", words(was, now))


def words(before: str, after: str) -> tuple[Piece, ...]:
    """Two texts as one, word by word."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > COMPARED:
        return tuple(Piece(kind, text) for kind, text in (("del", before), ("ins", after)) if text)
    found: list[Piece] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(old[a:b])))
            continue
        found += [Piece("del", "".join(old[a:b]))] if b > a else []
        found += [Piece("ins", "".join(new[c:d]))] if d > c else []
    return tuple(found)


def _evidence(about: ModelVersion | System, was: Sequence[str], now: Sequence[str]) -> Iterator[Line]:
    """Verdicts of checks before and after, with the runs they come from."""
    if isinstance(about, System):
        return
    rows = AuditRun.objects.filter(plan__model_version=about, result_digest__in={*was, *now} - {""})
    runs = list(rows.order_by("requested_at"))
    old = [run for run in runs if run.result_digest in set(was) - set(now)]
    new = [run for run in runs if run.result_digest in set(now) - set(was)]
    before, after = _verdicts(old), _verdicts(new)
    for name in sorted({*before, *after}):
        first, then = before.get(name, "not measured"), after.get(name, "not measured")
        yield Line(f"{name}: {first} → {then}" if first != then else f"{name}: {then} again")
    for run in new:
        yield Line(
            f"Measured again {run.requested_at:%-d %b %Y}.", reverse("run", args=[run.pk]), "See the run"
        )
    for run in old:
        yield Line("Measured before.", reverse("run", args=[run.pk]), "See the earlier run")


def _verdicts(runs: Iterable[AuditRun]) -> dict[str, str]:
    found: dict[str, str] = {}
    for run in runs:
        result: dict[str, Any] = json.loads(run.result) if run.result else {}
        found.update({str(row["name"]): str(row["verdict"]) for row in result.get("checks", ())})
    return found


def _policies(about: ModelVersion | System, was: Sequence[str], now: Sequence[str]) -> Iterator[Line]:
    organisation = questions.system_of(about).organisation_id
    rows = Policy.objects.filter(organisation_id=organisation, digest__in={*was, *now})
    names = {row.digest: f"{row.name}, version {row.number}" for row in rows.order_by("number")}
    first, then = (" and ".join(names.get(d, _short(d)) for d in digests) for digests in (was, now))
    yield Line(f"{first or 'no policy'} → {then or 'no policy'}")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
