"""The child's first lines: read the order, put up the walls, run one worker file, write one answer.

Started as a script by its path in isolated mode (`python -I`): neither the caller's folder nor its environment can
choose what is imported.
"""

import errno
import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(_PROJECT))

from audits.sandbox import endings  # noqa: E402 - the path has to be there first
from audits.sandbox.child import walls  # noqa: E402
from audits.sandbox.child.channel import Channel, Refusal  # noqa: E402


def main() -> int:
    """Run the job given on standard input; the exit code says how it ended, see `endings`."""
    order: dict[str, Any] = json.load(sys.stdin)
    channel = Channel(order["descriptors"])
    worker = Path(order["worker"])
    standing = walls.put_up(order["limits"], Path(order["home"]), [_PROJECT / "audits", worker.parent])
    channel.tell({"walls": standing})
    if order["limits"]["require_isolation"] and not (standing["network"] and standing["files"]):
        return endings.NOT_ISOLATED
    try:
        channel.answer(_work(worker, order["job"], channel))
    except MemoryError:
        return endings.OUT_OF_MEMORY
    except OSError as error:
        traceback.print_exc()
        return endings.DISK_FULL if error.errno in (errno.EFBIG, errno.ENOSPC) else endings.BROKE
    except Exception:  # noqa: BLE001 - the boundary: whatever broke is told on stderr and by the exit code
        traceback.print_exc()
        return endings.BROKE
    return 0


def _work(worker: Path, job: dict[str, Any], channel: Channel) -> dict[str, Any]:
    try:
        return {"result": runpy.run_path(str(worker))["work"](job, channel)}
    except Refusal as refusal:
        return {"refused": {"code": refusal.code, "message": refusal.message}}


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Not sys.exit: tidying up would run destructors over whatever the model left in memory.
    os._exit(code)
