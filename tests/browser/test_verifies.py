"""The verifier in the browser: published vectors, flipped bits, and a real entry of a running service."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, Page, expect

from registry.ledger import chain, notes
from registry.ledger.notes import Checkpoint, VerifierKey
from tests.browser.conftest import ROOT, Stage
from tests.shared import shared

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

INCLUSION = """async cases => {
  const proof = await import("/static/proof.js");
  const answers = [];
  for (const one of cases) {
    let held = false;
    try {
      const path = one.path.map(proof.bytesOf), leaf = proof.bytesOf(one.leaf);
      const root = await proof.rootByPath(leaf, BigInt(one.index), BigInt(one.size), path);
      held = root !== null && proof.hex(root) === proof.hex(proof.bytesOf(one.root));
    } catch (error) { if (!(error instanceof proof.Wrong)) throw error; }
    answers.push(held);
  }
  return answers;
}"""
VERIFY = """async receipts => {
  const proof = await import("/static/proof.js");
  const answers = [];
  for (const [text, key] of receipts) {
    try { await proof.verify(text, key); answers.push("holds"); }
    catch (error) { answers.push(error instanceof proof.Wrong ? "does not hold" : String(error)); }
  }
  return answers;
}"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that has the module and no service behind it."""
    context = chromium.new_context(base_url="https://assay.test")
    module = (ROOT / "governance" / "static" / "proof.js").read_text(encoding="utf-8")
    context.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
    context.route("**/proof.js", lambda route: route.fulfill(body=module, content_type="text/javascript"))
    opened = context.new_page()
    opened.goto("/")
    yield opened
    context.close()


def published() -> list[dict[str, Any]]:
    files = sorted(Path(shared("vectors", "merkle", "testdata", "inclusion")).rglob("*.json"))
    return [json.loads(file.read_text()) for file in files]


def test_published_inclusion_proofs_are_judged_as_they_should(page: Page) -> None:
    vectors = published()
    cases = [
        {
            "leaf": one["leafHash"] or "",
            "index": str(one["leafIdx"]),
            "size": str(one["treeSize"]),
            "root": one["root"] or "",
            "path": one["proof"] or [],
        }
        for one in vectors
    ]
    held = page.evaluate(INCLUSION, cases)
    assert held == [not one["wantErr"] for one in vectors]
    assert (len(held), sum(held)) == (98, 6)


def made() -> tuple[str, str]:
    """A receipt of the third of five entries, and the key."""
    bodies = [chain.canonical({"index": index, "log": "assay.test/log"}) for index in range(5)]
    leaves = [chain.leaf_hash(body) for body in bodies]
    path = [leaves[3], chain.node_hash(leaves[0], leaves[1]), leaves[4]]
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    key = VerifierKey("assay.test/log", private.public_key().public_bytes_raw())
    note = notes.sign(Checkpoint(key.name, 5, chain.root_of(leaves)), key, private.sign)
    lines = [base64.b64encode(data).decode() for data in (bodies[2], *path)]
    told = [f"extra {lines[0]}", "index 2", *lines[1:]]
    return "\n".join(["c2sp.org/tlog-proof@v1", *told, "", str(note)]), str(key)


def test_a_receipt_holds_and_no_flipped_bit_of_it_does(page: Page) -> None:
    receipt, key = made()
    data = receipt.encode()
    flipped = [
        (data[:at] + bytes([data[at] ^ (1 << at % 7)]) + data[at + 1 :]).decode(errors="replace")
        for at in range(len(data))
    ]
    assert page.evaluate(VERIFY, [[receipt, key]]) == ["holds"]
    assert set(page.evaluate(VERIFY, [[text, key] for text in flipped])) == {"does not hold"}


def test_another_key_or_a_malformed_receipt_does_not_hold(page: Page) -> None:
    receipt, key = made()
    other = str(VerifierKey("assay.test/log", bytes(32)))
    cases = json.loads(shared("vectors", "tlog-proof", "malformed.json").read_text())["cases"]
    wrong = [[receipt, other], [receipt, key[:-4]], [receipt, ""], *([one["proof"], key] for one in cases)]
    assert set(page.evaluate(VERIFY, wrong)) == {"does not hold"}


def test_an_entry_of_the_running_service_holds_and_a_changed_one_does_not(
    stage: Stage, sign_in: Callable[..., Page]
) -> None:
    page = sign_in("vera")
    page.goto("/log/entry?index=3")
    verify = page.get_by_role("button", name="Verify in this browser")
    verify.click()
    expect(page.locator("[data-outcome]")).to_contain_text("holds")
    expect(page.locator("[data-outcome]")).to_contain_text("Entry 3 has the leaf hash")

    receipt = page.get_by_label("Receipt", exact=True)
    text = receipt.input_value()
    at = text.index("extra ") + 40
    receipt.fill(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :])
    verify.click()
    expect(page.locator("[data-outcome]")).to_contain_text("does not hold")

    receipt.fill(text)
    verify.click()
    expect(page.locator("[data-outcome] .is-passed").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()
    assert download.value.path().read_text() == text


def test_a_browser_without_ed25519_says_so(stage: Stage, sign_in: Callable[..., Page]) -> None:
    page = sign_in("vera")
    page.add_init_script(
        "crypto.subtle.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'))"
    )
    page.goto("/log/entry?index=3")
    page.get_by_role("button", name="Verify in this browser").click()
    expect(page.locator("[data-outcome]")).to_contain_text("this browser does not know Ed25519")


def test_the_page_works_without_scripts(stage: Stage, sign_in: Callable[..., Page]) -> None:
    page = sign_in("vera", java_script_enabled=False)
    page.goto("/log")
    page.get_by_label("By (user name or identifier)").fill("vera")
    page.get_by_role("button", name="Filter").press("Enter")
    expect(page.locator("caption")).to_contain_text("entries match")
    page.goto("/log/entry?index=3")
    expect(page.get_by_text("Scripts are off.")).to_be_visible()
    expect(page.get_by_role("button", name="Verify in this browser")).to_have_count(0)
