"""Bundles that were handed on once hold for ever: whatever the client learns, it verifies these, and only these."""

import json
from pathlib import Path

import pytest
from assay_client import keys
from assay_client.bundle import verified
from assay_client.bundle.archive import BadBundle
from assay_client.log import policy
from assay_client.summary import VerdictPolicy

from tests.client.command import Command

FOLDER = Path(__file__).resolve().parents[1] / "vectors" / "bundles"
NAMES = ("allow", "allow_with_waiver", "deny")


def kept(name: str) -> tuple[bytes, VerdictPolicy, policy.LogPolicy]:
    """The bundle, and the keys that were told beforehand."""
    told = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    log = policy.parse(json.dumps(told["log"]).encode())
    return (
        (FOLDER / f"{name}.assay-bundle").read_bytes(),
        VerdictPolicy(keys.parse(told["verdict_key"])),
        log,
    )


@pytest.mark.parametrize("name", NAMES)
def test_it_still_holds(name: str) -> None:
    data, verdicts, log = kept(name)
    found = verified.verified(data, verdicts, log)
    assert found.signed.verdict == found.derived.verdict == name


@pytest.mark.parametrize("name", NAMES)
def test_every_byte_counts(name: str) -> None:
    data, verdicts, log = kept(name)
    for place in range(0, len(data), 31):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        with pytest.raises(BadBundle):
            verified.verified(bytes(changed), verdicts, log)


def test_the_keys_of_one_service_prove_nothing_of_another() -> None:
    data, *_ = kept("allow")
    for name in ("deny", "allow_with_waiver"):
        _, verdicts, log = kept(name)
        with pytest.raises(BadBundle, match="no pinned key signed it"):
            verified.verified(data, verdicts, log)


def test_people_read_what_a_denial_misses(offline: Command, tmp_path: Path) -> None:
    told = json.loads((FOLDER / "deny.json").read_text(encoding="utf-8"))
    (tmp_path / "log.json").write_text(json.dumps(told["log"]))
    pins = ["--key", told["verdict_key"], "--log-policy", str(tmp_path / "log.json")]
    ran = offline("verify", "bundle", str(FOLDER / "deny.assay-bundle"), *pins)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("● the bundle holds: blocked, sha256:")
    assert "  unmet: report.validation_report, approvals.validator, " in ran.out
