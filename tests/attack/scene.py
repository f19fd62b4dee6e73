"""A log as it comes about, what people kept of it outside, and everybody who may notice what is done to it."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from assay_client import machine
from assay_client.log import check, policy
from assay_client.log.check import Broken
from assay_client.log.export import Export
from django.conf import settings
from django.db import transaction

from governance.fold.compare import differences
from governance.fold.state import Tables, folded
from registry.errors import Unavailable
from registry.ledger.anchors.base import Disagrees
from registry.ledger.checkpoint_models import LedgerCheckpoint
from registry.ledger.models import LedgerHead
from registry.ledger.verify import verify_log
from registry.models import RoleGrant, User
from registry.services import anchors, checkpoints, exports, people, receipts
from registry.services.checkpoints import Diverged
from registry.stages import Role
from tests.attack.database import Database, Row
from tests.cast import Cast
from tests.governance import staging
from tests.registry.test_checkpoints import append

YES = True  # noticed, without an index
Found = int | bool | None  # the index that is named, YES, or None: not noticed
Looked = dict[str, Found]  # by the measure
NAMED = re.compile(r"are missing from (\d+) on")


@dataclass
class Scene:
    """One log, and what was kept elsewhere before anybody touched it.

    Three checkpoints were signed. The first two were taken to a place outside; receipts were handed out under the
    third. Behind it the log has a tail that told of governed rows.
    """

    cast: Cast
    folder: Path
    database: Database
    rows: list[Row]
    tables: Tables
    signed: tuple[int, int, int]
    memories: dict[int, str]
    policy: policy.LogPolicy
    anchor: bytes
    receipt: bytes
    tail: list[Any]

    @property
    def anchored(self) -> int:
        """Up to which size the place outside keeps the log."""
        return self.signed[1]

    @property
    def tiled(self) -> int:
        """Up to which entry complete tiles keep the hashes."""
        return self.signed[2] // 256 * 256

    @property
    def memory(self) -> Path:
        """The checkpointer's own memory."""
        return Path(settings.ASSAY_LOG_STATE_DIR) / f"{self.cast.acme.pk}.json"

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever is done meanwhile is gone afterwards, in the database and beside it."""
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        self.memory.write_text(self.memories[self.signed[2]])

    def put_back(self, size: int) -> None:
        """The checkpointer's memory as it was at its last checkpoint up to this size."""
        kept = [at for at in self.signed if at <= size]
        if kept:
            self.memory.write_text(self.memories[max(kept)])
        else:
            self.memory.unlink()

    def cut_tables(self) -> None:
        """The rows that the tail told of, as a whole backup would not have them either."""
        RoleGrant.objects.filter(pk__in=self.tail).delete()

    def look(self) -> Looked:
        """Everybody looks."""
        found: Looked = {"chain": self._chain(), "fold": self._fold()}
        shutil.rmtree(self.folder / "export", ignore_errors=True)
        try:
            exports.export(self.cast.acme.pk, self.folder / "export")
        except Unavailable as error:
            (index,) = NAMED.findall(error.message)
            found |= dict.fromkeys(("checkpoint", "anchor", "receipt"), int(index))
        else:
            kept = {
                "checkpoint": [],
                "anchor": [self.anchor] if self.anchor else [],
                "receipt": [self.receipt],
            }
            found |= {name: self.client(*outside) for name, outside in kept.items()}
        return {**found, "checkpointer": self._checkpointer()}

    def client(self, *outside: bytes) -> Found:
        """Somebody elsewhere, with the exported log, the key pinned and what was kept outside."""
        paths = []
        for number, data in enumerate(outside):
            paths.append(self.folder / f"kept-{number}")
            paths[-1].write_bytes(data)
        try:
            check.check(
                Export(self.folder / "export"), self.policy, machine.anchors([str(path) for path in paths])
            )
        except Broken as broken:
            return broken.index
        return None

    def _chain(self) -> Found:
        broken = verify_log(self.cast.acme.pk).broken
        return broken.index if broken else None

    def _fold(self) -> Found:
        try:
            return YES if differences(self.cast.acme.pk) else None
        except ValueError:
            return YES  # an entry that cannot be read tells nothing

    def _checkpointer(self) -> Found:
        try:
            checkpoints.compare(self.cast.acme.pk)
            checkpoints.issue(self.cast.acme.pk)
        except (Diverged, Disagrees):
            return YES
        except Unavailable as error:
            return YES if error.code == "log.memory_lost" else None
        return None

    def told_otherwise(self, rows: list[Row]) -> bool:
        """Whether these entries, read by themselves, tell of other governed rows than those that were recorded."""
        return _values(folded(row.told for row in rows)) != _values(self.tables)


def _values(tables: Tables) -> dict[str, dict[str, dict[str, str]]]:
    told = {name: {key: row.values for key, row in rows.items()} for name, rows in tables.items()}
    return {name: rows for name, rows in told.items() if rows}


def pinned(cast: Cast) -> policy.LogPolicy:
    """What somebody was told beforehand."""
    keys = [vars(one) for one in receipts.ranges(cast.acme.pk)]
    origin = LedgerHead.objects.get(pk=cast.acme.pk).origin
    told = {"origin": origin, "keys": keys, "witnesses": [], "quorum": 0}
    return policy.parse(json.dumps(told).encode())


def make_scene(cast: Cast, folder: Path, chance: Random) -> Scene:
    """A version that went to production, then everyday entries; signed three times, anchored twice."""
    staging.allowed(cast)
    memory = Path(settings.ASSAY_LOG_STATE_DIR) / f"{cast.acme.pk}.json"
    sizes, memories = [], {}
    for lot in range(3):
        append(cast, chance.randint(100, 220))
        made = checkpoints.issue(cast.acme.pk)
        assert made is not None
        sizes.append(made.size)
        memories[made.size] = memory.read_text()
        if lot < 2:
            assert all(not told.failed for told in anchors.anchor(cast.acme.pk))
    receipt = receipts.shown(cast.acme.pk, chance.randrange(sizes[1], sizes[2])).receipt.encode()
    tail = [_granted(cast, number) for number in range(chance.randint(1, 4))]
    return _scene(cast, folder, sizes, memories, receipt, tail)


def clean_scene(cast: Cast, folder: Path, chance: Random) -> Scene:
    """A log that is left as it is, signed at least once."""
    size = LedgerCheckpoint.objects.filter(organisation_id=cast.acme.pk).latest("size").size
    receipt = receipts.shown(cast.acme.pk, chance.randrange(size)).receipt.encode()
    return _scene(cast, folder, [size] * 3, {}, receipt, [])


def _scene(
    cast: Cast, folder: Path, sizes: list[int], memories: dict[int, str], receipt: bytes, tail: list[Any]
) -> Scene:
    rows = Database(cast.acme.pk).rows()
    outside = b"".join(path.read_bytes() for path in (folder / "outside").iterdir())
    return Scene(
        cast=cast, folder=folder, database=Database(cast.acme.pk), rows=rows,
        tables=folded(row.told for row in rows), signed=(sizes[0], sizes[1], sizes[2]), memories=memories,
        policy=pinned(cast), anchor=outside, receipt=receipt, tail=tail,
    )  # fmt: skip


def _granted(cast: Cast, number: int) -> Any:
    person = User.objects.create_user(f"late{number}")
    grant = people.grant_role(
        actor=cast.actor("olga"), organisation=cast.acme, user=person, role=Role.OPERATOR
    )
    return grant.pk
