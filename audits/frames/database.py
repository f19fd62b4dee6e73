"""The embedded database, allowed to read the given files and to use one folder of its own, nothing else."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from audits.frames.errors import Refused
from audits.frames.limits import Limits


def quoted_name(name: str) -> str:
    """A column name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def linked(path: Path, workspace: Path, name: str) -> Path:
    """The file under a name of ours: in a file's own name the database would read patterns."""
    link = workspace / name
    link.symlink_to(path)
    return link


@contextmanager
def locked_database(
    readable: Sequence[Path], workspace: Path, limits: Limits
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that spills into the workspace, reads only ``readable`` beside it, and cannot be
    reconfigured by whatever a file makes us say."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": limits.threads,
            "memory_limit": f"{limits.memory_bytes}B",
            "temp_directory": str(workspace),
            "max_temp_directory_size": f"{limits.spill_bytes}B",
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
        },
    )
    try:
        # Links are followed before they are compared, so what they lead to is named too.
        paths = ", ".join(quoted_text(str(one)) for path in readable for one in (path, path.resolve()))
        connection.execute(f"SET allowed_paths = [{paths}]")
        connection.execute(f"SET allowed_directories = [{quoted_text(str(workspace))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


@contextmanager
def refusing_overload() -> Iterator[None]:
    """Turn the database's own limits into a refusal that says what can be done."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise Refused(
            "limits.memory",
            "The file needs more memory than one audit may use: audit fewer columns at once, or columns "
            "with fewer distinct values.",
        ) from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise Refused("limits.disk", "There is no room on the disk to unpack and sort the file.") from error
