"""Bundles bent out of shape: never a crash, never a wrong accept, whoever signed them."""

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from assay_client import dsse, keys
from assay_client.bundle import archive, contents, logged, verified
from assay_client.bundle.archive import BadBundle
from assay_client.decide.errors import NotSupported
from assay_client.log import policy as log_policies
from assay_client.summary import VerdictPolicy
from django.conf import settings as service
from django.core.cache import cache
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance import bundles as packing
from governance import verdicts
from registry.ledger import chain
from tests.cast import Cast
from tests.governance import staging
from tests.governance.bundling import bundle, log_policy, verdict_key
from tests.governance.gates.test_decided_again import places

Judge = Callable[[bytes], verified.Verified]
bent = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def whole(cast: Cast, printer: None) -> bytes:
    cache.clear()
    return bundle(cast, staging.allowed(cast))


@pytest.fixture
def judge(cast: Cast, whole: bytes) -> Judge:
    pinned = VerdictPolicy(keys.parse(verdict_key()))
    log = log_policies.parse(log_policy(cast))
    return lambda data: verified.verified(data, pinned, log)


def refused(judge: Judge, data: bytes) -> None:
    with pytest.raises((BadBundle, NotSupported)):
        judge(data)


@bent
@given(data=st.data())
def test_bytes_put_in_taken_out_or_changed(whole: bytes, judge: Judge, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(start + 40, len(whole))))
    put = data.draw(st.binary(max_size=40))
    changed = whole[:start] + put + whole[end:]
    if changed != whole:
        refused(judge, changed)


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_no_bundle(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"PK\x03\x04" + b"\x14\0\0\0\0\0"):
        with pytest.raises(BadBundle):
            archive.files(start + data)


NAME = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}(/[a-z0-9][a-z0-9._-]{0,8})?", fullmatch=True)


@given(st.dictionaries(NAME, st.binary(max_size=50), min_size=1, max_size=5))
def test_what_is_packed_is_what_is_unpacked(files: dict[str, bytes]) -> None:
    assert archive.files(archive.packed(files)) == files


def signed_again(files: dict[str, bytes], **fields: Any) -> bytes:
    """The files as a bundle that the service itself signs, whatever is in them."""
    told = json.loads(dsse.claimed(json.loads(files[contents.STATEMENT])))["predicate"]
    manifest = json.loads(files[contents.MANIFEST])
    rest = {name: data for name, data in files.items() if name not in archive.FIRST}
    listed = packing.manifest(
        manifest["decision"], rest, [packing.Absent(**one) for one in manifest["not_in_the_bundle"]]
    )
    for field, path in (("dossier_digest", "dossier.json"), ("outcome_digest", "outcome.json")):
        told[field] = chain.digest(rest[path])
    statement = packing.statement(listed, {**told, **fields})
    return packing.packed(listed, envelope(statement), rest)


def envelope(content: Any, kind: str = verdicts.PAYLOAD_TYPE) -> bytes:
    key = verdicts.signing_key(service.ASSAY_SIGNING_KEY_FILE)
    return json.dumps(verdicts.envelope(content, [key], service.ASSAY_PUBLIC_URL, kind=kind)).encode()


VALUES: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(max_size=20)
    | st.just([])
    | st.just({})
)


def twisted(document: Any, data: st.DataObject) -> Any:
    """The same JSON with another value somewhere."""
    made = copy.deepcopy(document)
    path = data.draw(st.sampled_from([place for place in places(made) if place]))
    inside = made
    for part in path[:-1]:
        inside = inside[part]
    inside[path[-1]] = data.draw(VALUES)
    return made


@bent
@given(data=st.data())
def test_facts_and_statements_of_any_shape_that_the_service_signs(
    whole: bytes, judge: Judge, data: st.DataObject
) -> None:
    """Accepted only where what was changed decides nothing; and never a crash."""
    files = archive.files(whole)
    inner = [name for name in files if name.endswith(".dsse.json")]
    name = data.draw(st.sampled_from([*inner, "dossier.json", "outcome.json", *inner]))
    if name.endswith(".dsse.json"):
        before = json.loads(files[name])
        content = twisted(json.loads(base64.b64decode(before["payload"])), data)
        files[name] = envelope(content, before["payloadType"])
    else:
        files[name] = chain.canonical(twisted(json.loads(files[name]), data))
    if name == contents.STATEMENT:
        made = packing.packed(files[contents.MANIFEST], files[name], _rest(files))
    else:
        made = signed_again(files)
    try:
        found = judge(made)
    except (BadBundle, NotSupported):
        return
    assert (found.signed.verdict, found.derived.verdict) == ("allow", "allow")
    assert name != "dossier.json" or files[name] == archive.files(whole)[name]


@bent
@given(data=st.data())
def test_facts_of_any_shape_that_the_log_is_said_to_have_kept(
    whole: bytes, judge: Judge, data: st.DataObject
) -> None:
    """Behind the entry of the decision: what the facts alone have to survive, or to be refused for."""
    files = archive.files(whole)
    files["dossier.json"] = chain.canonical(twisted(json.loads(files["dossier.json"]), data))
    made = signed_again(files)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(logged, "decided", lambda kept, signed: None)
        try:
            found = judge(made)
        except (BadBundle, NotSupported):
            return
    assert found.derived.verdict == found.signed.verdict == "allow"


def _rest(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if name not in archive.FIRST}
