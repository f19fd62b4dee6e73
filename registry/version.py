"""The version of this code: the first numbered heading of CHANGELOG.md, so that there is one place to bump."""

import re
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parent.parent / "CHANGELOG.md"
HEADING = re.compile(r"^## v?(\d+\.\d+\.\d+\S*)", re.MULTILINE)


def first_version(changelog: str) -> str:
    """The newest version that a changelog names."""
    found = HEADING.search(changelog)
    if found is None:
        raise ValueError("CHANGELOG.md has no heading such as '## 0.1.0'; it is where the version stands.")
    return found.group(1)


VERSION = first_version(CHANGELOG.read_text(encoding="utf-8"))
