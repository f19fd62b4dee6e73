"""Folding entries into rows. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.fold.rules import RULES, Rule


@dataclass
class Row:
    """What the log says a row is, and the last entry that said so."""

    values: dict[str, str] = field(default_factory=dict)
    index: int = 0


Tables = dict[str, dict[str, Row]]

_RULES: dict[str, list[Rule]] = {}
for _rule in RULES:
    _RULES.setdefault(_rule.event, []).append(_rule)


def folded(entries: Iterable[Mapping[str, Any]]) -> Tables:
    """The governed tables as the entries tell them, in their order."""
    tables: Tables = {}
    for entry in entries:
        for rule in _RULES.get(entry["event"], ()):
            _apply(rule, entry, tables)
    return tables


def _apply(rule: Rule, entry: Mapping[str, Any], tables: Tables) -> None:
    data = entry["data"]
    if any(data.get(key) != value for key, value in rule.when.items()):
        return
    rows = tables.setdefault(entry["subject"]["kind"] if rule.table == "@kind" else rule.table, {})
    key = _told(rule.key if rule.key.startswith("@") else f"${rule.key}", entry) if rule.key else ""
    key = key or entry["subject"]["id"]
    if rule.gone:
        rows.pop(key, None)
        return
    like = {column: _told(value, entry) for column, value in rule.others.items()}
    for other in rows.values() if like else ():
        if like.items() <= other.values.items():
            other.values.update(rule.others_become)
    row = rows.setdefault(key, Row())
    row.values.update({column: _told(value, entry) for column, value in rule.values.items()})
    row.index = entry["index"]


def _told(value: str, entry: Mapping[str, Any]) -> str:
    """A word, `$key` of the event's data, or the `@system` it is about."""
    if value == "@system":
        return str(entry["system"] or "")
    if value.startswith("$"):
        found = entry["data"].get(value[1:])
        return "" if found is None else str(found)
    return value
