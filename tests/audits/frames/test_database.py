from pathlib import Path

import duckdb
import pytest

from audits.frames import careful
from audits.frames.database import linked, locked_database
from audits.frames.limits import STANDARD
from tests.audits.frames.reading import counts, read


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM read_text('{work}/../secret.csv')",
        "COPY (SELECT 1) TO '{outside}'",
        "ATTACH '{outside}' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '64GB'",
        "SET threads = 8",
        "SET allowed_paths = ['{secret}']",
    ],
)
def test_nothing_but_the_given_file_can_be_reached(statement: str, tmp_path: Path) -> None:
    workspace, given, secret = tmp_path / "work", tmp_path / "giv[e]n*.csv", tmp_path / "secret.csv"
    workspace.mkdir()
    given.write_text("a\n1\n")
    secret.write_text("a\n2\n")
    link = linked(given, workspace, "given")
    with locked_database([link], workspace, STANDARD) as connection:
        assert connection.execute(f"SELECT * FROM read_csv('{link}')").fetchall() == [(1,)]
        with pytest.raises(duckdb.Error):
            connection.execute(statement.format(secret=secret, outside=tmp_path / "outside", work=workspace))
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("name", ["a*b", "we[i]rd", "q?", "it's", "{a,b}", "sp ace", "ü"])
def test_a_file_may_have_any_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(careful, "copy_mapped", None)  # The database alone must manage.
    (tmp_path / "aXb.csv").write_text("group,label,prediction\nz,1,1\n" * 3)
    path = tmp_path / f"{name}.csv"
    path.write_text("group,label,prediction\na,1,1\n")
    assert counts(read(path)[1]) == {("a", 1, 1): 1}
