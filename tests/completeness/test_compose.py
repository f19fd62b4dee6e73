"""The containers keep the owner of the database apart from what answers requests."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))[
    "services"
]


@pytest.mark.parametrize("service", ["web", "worker", "beat"])
def test_a_running_service_does_not_know_the_owner(service: str) -> None:
    environment = SERVICES[service]["environment"]
    assert environment["DATABASE_URL"].startswith("${DATABASE_URL:-postgresql://assay_app:")
    assert environment["ASSAY_OWNER_DATABASE_URL"] == ""
    assert environment["DATABASE_OWNER_PASSWORD"] == ""
    assert environment["ASSAY_ALLOW_DATABASE_OWNER"] == "false"


def test_migrations_run_as_the_owner_and_grant_to_the_service() -> None:
    environment = SERVICES["migrate"]["environment"]
    assert "//assay_owner:" in environment["ASSAY_OWNER_DATABASE_URL"]
    assert environment["DATABASE_URL"] == SERVICES["web"]["environment"]["DATABASE_URL"]


def test_a_new_volume_gets_both_roles() -> None:
    scripts = [mount for mount in SERVICES["db"]["volumes"] if "docker-entrypoint-initdb.d" in mount]
    assert [mount.split(":")[0] for mount in scripts] == ["./deploy/postgresql/roles.sql"]
