"""What somebody with the owner's rights on the database does to a log: raw statements, with the guards taken away."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from registry.ledger import chain, notes
from registry.ledger.notes import Checkpoint, VerifierKey

ENTRY = "registry_ledgerentry"
COLUMNS = (
    "organisation_id", "event", "recorded_at", "actor_kind", "actor_id", "subject_kind", "subject_id", "system_id",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """An entry as it lies in its table; `index` is where the row claims to stand."""

    index: int
    body: bytes
    leaf: bytes
    rest: tuple[Any, ...]

    @property
    def told(self) -> dict[str, Any]:
        """What the bytes say."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def saying(self, told: dict[str, Any]) -> "Row":
        """The row with other bytes, and everything beside them made to fit."""
        body = chain.canonical(told)
        event, subject = COLUMNS.index("event"), COLUMNS.index("subject_id")
        rest = list(self.rest)
        rest[event], rest[COLUMNS.index("subject_kind")] = told["event"], told["subject"]["kind"]
        rest[subject] = raw(told["subject"]["id"])
        zone = "+00" if connection.vendor == "postgresql" else ""
        rest[COLUMNS.index("recorded_at")] = f"{told['at'][:10]} {told['at'][11:26]}{zone}"
        return replace(self, body=body, leaf=chain.leaf_hash(body), rest=tuple(rest))

    def at(self, index: int) -> "Row":
        """The same entry at another place, its hash made anew."""
        if index == self.index and b'"index":%d,"log"' % index in self.body:
            return self
        told = self.told
        old, new = (b'"index":%d,"log"' % number for number in (told["index"], index))
        body = self.body.replace(old, new)
        return replace(self, index=index, body=body, leaf=chain.leaf_hash(body))


def raw(key: uuid.UUID | str) -> str:
    """A key as the database keeps it."""
    found = uuid.UUID(str(key))
    return str(found) if connection.vendor == "postgresql" else found.hex


@dataclass(frozen=True)
class Database:
    """The tables of one log."""

    organisation_id: uuid.UUID

    def execute(self, sql: str, *parameters: Any) -> None:
        """One statement; `%s` at its end is the organisation."""
        with connection.cursor() as cursor:
            cursor.execute(sql, [*parameters, raw(self.organisation_id)])

    def rows(self) -> list[Row]:
        """All entries in their order."""
        columns = ", ".join(COLUMNS)
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT "index", body, leaf_hash, {columns} FROM {ENTRY} WHERE organisation_id = %s ORDER BY "index"',
                [raw(self.organisation_id)],
            )
            return [Row(row[0], bytes(row[1]), bytes(row[2]), row[3:]) for row in cursor.fetchall()]

    def update(self, row: Row) -> None:
        """One row changed where it lies."""
        self.execute(
            f'UPDATE {ENTRY} SET body = %s, leaf_hash = %s WHERE "index" = %s AND organisation_id = %s',
            row.body, row.leaf, row.index,
        )  # fmt: skip

    def delete(self, index: int) -> None:
        """One row taken out, its neighbours left where they are."""
        self.execute(f'DELETE FROM {ENTRY} WHERE "index" = %s AND organisation_id = %s', index)

    def cut(self, size: int) -> None:
        """Every row from here on, with what lets it look as if they had never been."""
        self.execute(f'DELETE FROM {ENTRY} WHERE "index" >= %s AND organisation_id = %s', size)
        self.execute('DELETE FROM registry_personaltext WHERE "index" >= %s AND organisation_id = %s', size)
        self.retold(self.rows(), size)

    def rewrite(self, rows: Sequence[Row], first: int) -> None:
        """The log from a place on, numbered and hashed anew up to its head, so that nothing inside contradicts it."""
        kept = [row.at(index) for index, row in enumerate(rows)]
        self.execute(f'DELETE FROM {ENTRY} WHERE "index" >= %s AND organisation_id = %s', first)
        names = ", ".join(COLUMNS)
        marks = ", ".join(["%s"] * (len(COLUMNS) + 3))
        with connection.cursor() as cursor:
            cursor.executemany(
                f'INSERT INTO {ENTRY} ("index", body, leaf_hash, {names}) VALUES ({marks})',
                [(row.index, row.body, row.leaf, *row.rest) for row in kept[first:]],
            )
        self.retold(kept, first)

    def retold(self, rows: Sequence[Row], first: int) -> None:
        """Head and complete tiles made to fit the rows, of which those before `first` are as they were."""
        tree = chain.Tree()
        for row in rows:
            tree = tree.append(row.leaf)
        self.execute(
            "UPDATE registry_ledgerhead SET size = %s, root = %s, frontier = %s WHERE organisation_id = %s",
            tree.size, tree.root(), b"".join(tree.frontier),
        )  # fmt: skip
        for number in range(first // 256, len(rows) // 256 + 2):
            leaves = [row.leaf for row in rows[number * 256 : (number + 1) * 256]]
            if len(leaves) == 256:
                self.execute(
                    "UPDATE registry_ledgertile SET hashes = %s, root = %s"
                    " WHERE level = 0 AND number = %s AND organisation_id = %s",
                    b"".join(leaves), chain.root_of(leaves), number,
                )  # fmt: skip
            else:
                self.execute(
                    "DELETE FROM registry_ledgertile WHERE number >= %s AND organisation_id = %s", number
                )

    def drop_checkpoints(self, above: int) -> None:
        """Signed checkpoints of more entries than that, and what is noted of their anchors."""
        for table in ("registry_ledgercheckpoint", "registry_ledgeranchor"):
            self.execute(f"DELETE FROM {table} WHERE size > %s AND organisation_id = %s", above)

    def sign_all(self, origin: str, key: VerifierKey, sign: Any) -> None:
        """Every checkpoint and the key of the log replaced by a key of one's own."""
        rows = self.rows()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT size FROM registry_ledgercheckpoint WHERE organisation_id = %s",
                [raw(self.organisation_id)],
            )
            sizes = [size for (size,) in cursor.fetchall()]
        self.execute("UPDATE registry_ledgerkey SET public = %s WHERE organisation_id = %s", key.public)
        for size in sizes:
            root = chain.root_of([row.leaf for row in rows[:size]])
            note = str(notes.sign(Checkpoint(origin, size, root), key, sign))
            self.execute(
                "UPDATE registry_ledgercheckpoint SET root = %s, note = %s WHERE size = %s AND organisation_id = %s",
                root, note, size,
            )  # fmt: skip
