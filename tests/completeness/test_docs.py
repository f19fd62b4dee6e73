"""Every page can be found, and no link leads nowhere."""

import re
from pathlib import Path

import pytest

from governance.gates.requirements import REQUIREMENTS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def targets(page: Path) -> list[Path]:
    """The files of the project that a page links to."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    return [(page.parent / link).resolve() for link in links if "://" not in link]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_it_links_only_to_what_is_there(page: Path) -> None:
    missing = {str(target.relative_to(ROOT)) for target in targets(page) if not target.exists()}
    assert missing == set()


def test_it_lists_every_page_of_the_documentation() -> None:
    index = DOCS / "README.md"
    assert set(DOCS.rglob("*.md")) - {index} - set(targets(index)) == set()


@pytest.mark.parametrize("kind", REQUIREMENTS)
def test_the_reference_of_policies_has_a_row_for_each_requirement_and_names_its_keys(kind: str) -> None:
    lines = (DOCS / "reference" / "policies.md").read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in lines if line.startswith(f"| `{kind}` |")]
    assert [key for key in REQUIREMENTS[kind].params["properties"] if f"`{key}" not in row] == []
