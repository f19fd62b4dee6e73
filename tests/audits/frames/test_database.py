from pathlib import Path

import duckdb
import pytest

from audits.frames.database import locked_database
from audits.frames.limits import STANDARD


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('{secret}')",
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
    workspace, given, secret = tmp_path / "work", tmp_path / "given.csv", tmp_path / "secret.csv"
    workspace.mkdir()
    given.write_text("a\n1\n")
    secret.write_text("a\n2\n")
    with locked_database([given], workspace, STANDARD) as connection:
        assert connection.execute(f"SELECT * FROM read_csv('{given}')").fetchall() == [(1,)]
        with pytest.raises(duckdb.Error):
            connection.execute(statement.format(secret=secret, outside=tmp_path / "outside"))
    assert not (tmp_path / "outside").exists()
