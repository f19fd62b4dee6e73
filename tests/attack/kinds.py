"""The fourteen tamperings: what somebody with all rights on the database does, and who must notice it, naming what.

The rows of the table are made of words. A measure names an index (`AT`, `SURE`, `TILED`, `START`), notices without one
(`NOTICED`, `TOLD`), or does not notice (`NO`), which is said as plainly.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.attack import acts
from tests.attack.acts import Act, Done
from tests.attack.scene import YES, Found, Looked, Scene

Expected = Callable[[Scene, Done], Found]


def NO(scene: Scene, done: Done) -> Found:
    return None


def NOTICED(scene: Scene, done: Done) -> Found:
    return YES


def AT(scene: Scene, done: Done) -> Found:
    return done.place


def SURE(scene: Scene, done: Done) -> Found:
    """The last signed size before it: everything up to there is proven, nothing after it is."""
    return max((size for size in scene.signed if size <= done.place), default=0)


def TILED(scene: Scene, done: Done) -> Found:
    """The very entry where a complete tile keeps its hash, else the last signed size before it."""
    return done.place if done.place < scene.tiled else SURE(scene, done)


def START(scene: Scene, done: Done) -> Found:
    return 0


def OPEN(scene: Scene, done: Done) -> Found:
    """Who goes on from what is remembered reads again what lies in no complete tile, and nothing before."""
    return YES if done.place >= scene.tiled else None


def OPEN_AT(scene: Scene, done: Done) -> Found:
    return done.place if done.place >= scene.tiled else None


def UNDER_ANCHOR(scene: Scene, done: Done) -> Found:
    """Comparing with the anchor reads the tile in which it ends."""
    same = done.place // 256 == scene.anchored // 256 and done.place < scene.anchored
    return YES if same else None


def TOLD(scene: Scene, done: Done) -> Found:
    """Noticed exactly where the log now tells of other governed rows."""
    return YES if done.otherwise else None


@dataclass(frozen=True)
class Kind:
    """One row of the table: what is done, and what each measure then says."""

    name: str
    what: str
    act: Act
    chain: Expected
    checkpoint: Expected
    anchor: Expected
    receipt: Expected
    checkpointer: Expected
    fold: Expected | None  # None: nobody asks, for the log does not hold

    def expected(self, scene: Scene, done: Done) -> Looked:
        """What everybody must say."""
        measures = ("chain", "checkpoint", "anchor", "receipt", "checkpointer", "fold")
        words = {name: getattr(self, name) for name in measures}
        return {name: word(scene, done) for name, word in words.items() if word}


#                                               by itself  with a pinned key, and kept outside      goes on from
#                                               chain    checkpoint anchor   receipt   checkpointer  fold
KINDS = (
    Kind("T1", "edit a field of an old row", acts.edit, AT, AT, AT, AT, NO, TOLD),
    Kind("T2", "edit, fix that row's hash", acts.edit_with_hash, TILED, TILED, TILED, TILED, OPEN, TOLD),
    Kind("T3", "edit, recompute to the end", acts.edit_to_the_end, NO, SURE, SURE, SURE, NOTICED, TOLD),
    Kind("T3b", "the same behind the last checkpoint", acts.edit_behind_the_last_checkpoint, NO, NO, NO, NO, NO, TOLD),
    Kind("T4", "delete a middle row", acts.delete, AT, AT, AT, AT, OPEN, TOLD),
    Kind("T5", "delete, renumber, recompute", acts.delete_to_the_end, NO, SURE, SURE, SURE, NOTICED, TOLD),
    Kind("T6", "cut the tail behind the last anchor", acts.cut_behind_the_anchor, NO, NO, NO, AT, NO, TOLD),
    Kind("T6b", "the same behind the last checkpoint", acts.cut_behind_the_last_checkpoint, NO, NO, NO, NO, NO, TOLD),
    Kind("T7", "cut the tail with its checkpoints", acts.cut_under_the_anchor, NO, NO, AT, AT, NOTICED, TOLD),
    Kind("T8", "insert a back-dated row, recompute", acts.insert, NO, SURE, SURE, SURE, NOTICED, TOLD),
    Kind("T9", "swap two rows, recompute", acts.swap, NO, SURE, SURE, SURE, NOTICED, TOLD),
    Kind("T10", "restore an old backup, continue", acts.restore_and_continue, NO, NO, NOTICED, NOTICED, NOTICED, NO),
    Kind("T11", "two continuations for two readers", acts.continue_twice, NO, NO, NOTICED, NOTICED, NOTICED, NO),
    Kind("T12", "a new key, all signed anew", acts.sign_anew, NO, START, START, START, NOTICED, TOLD),
    Kind("T13", "change a table, tell nothing", acts.tell_nothing, NO, NO, NO, NO, NO, NOTICED),
    Kind("T14", "flip a bit of a stored body", acts.flip_body, AT, AT, AT, AT, NO, None),
    Kind("T14h", "flip a bit of a stored leaf hash", acts.flip_hash, AT, OPEN_AT, OPEN_AT, OPEN_AT, OPEN, NO),
    Kind("T14t", "flip a bit of a stored tile", acts.flip_tile, NO, AT, AT, AT, UNDER_ANCHOR, NO),
)  # fmt: skip
