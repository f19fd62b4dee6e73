"""The version stands once, in the changelog."""

import pytest

from registry.version import CHANGELOG, VERSION, first_version


def test_it_is_the_first_numbered_heading() -> None:
    assert first_version("# Changelog\n\n## Unreleased\n\n## 1.2.0 (2027-01-01)\n\n## 1.1.0\n") == "1.2.0"


def test_it_is_the_version_of_this_code() -> None:
    assert f"## {VERSION}" in CHANGELOG.read_text(encoding="utf-8")


def test_it_refuses_a_changelog_without_a_version() -> None:
    with pytest.raises(ValueError, match=r"CHANGELOG\.md has no heading"):
        first_version("# Changelog\n")
