"""What the settings of signing in mean when they are left out, and what they refuse."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from governance import oidc

ROOT = Path(__file__).resolve().parents[3]
TELL = """
import json
from django.conf import settings
names = ("ASSAY_REQUIRE_MFA", "ALLAUTH_TRUSTED_PROXY_COUNT", "SECURE_PROXY_SSL_HEADER")
print(json.dumps({name: getattr(settings, name, None) for name in names}))
"""


def read(tmp_path: Path, **said: str) -> dict[str, object]:
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "governance.settings",
        "ASSAY_VAR_DIR": str(tmp_path),
        **said,
    }
    started = subprocess.run(
        [sys.executable, "-c", TELL], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return dict(json.loads(started.stdout))


def test_at_home_nobody_is_asked_for_a_second_factor(tmp_path: Path) -> None:
    found = read(tmp_path, ALLOWED_HOSTS="localhost,127.0.0.1")
    assert found == {
        "ASSAY_REQUIRE_MFA": False,
        "ALLAUTH_TRUSTED_PROXY_COUNT": 0,
        "SECURE_PROXY_SSL_HEADER": None,
    }


def test_where_others_can_reach_it_everybody_is(tmp_path: Path) -> None:
    assert read(tmp_path, ALLOWED_HOSTS="localhost,assay.example.org")["ASSAY_REQUIRE_MFA"] is True


def test_it_can_be_said_otherwise(tmp_path: Path) -> None:
    found = read(tmp_path, ALLOWED_HOSTS="assay.example.org", ASSAY_REQUIRE_MFA="no")
    assert found["ASSAY_REQUIRE_MFA"] is False
    assert read(tmp_path, ASSAY_REQUIRE_MFA="yes")["ASSAY_REQUIRE_MFA"] is True


def test_a_proxy_is_trusted_only_where_there_is_one(tmp_path: Path) -> None:
    assert read(tmp_path, ASSAY_BEHIND_PROXY="true")["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1


def test_an_issuer_needs_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_OIDC_ISSUER", "https://sso.example.org")
    with pytest.raises(ImproperlyConfigured, match="ASSAY_OIDC_CLIENT_ID is not set"):
        oidc.providers()
    monkeypatch.setenv("ASSAY_OIDC_CLIENT_ID", "assay")
    with pytest.raises(ImproperlyConfigured, match="ASSAY_OIDC_CLIENT_SECRET is not set"):
        oidc.providers()


def test_its_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("between us\n")
    monkeypatch.setenv("ASSAY_OIDC_ISSUER", "https://sso.example.org")
    monkeypatch.setenv("ASSAY_OIDC_CLIENT_ID", "assay")
    monkeypatch.setenv("ASSAY_OIDC_CLIENT_SECRET_FILE", str(tmp_path / "secret"))
    [app] = oidc.providers()["openid_connect"]["APPS"]
    assert app["secret"] == "between us"


def test_without_an_issuer_there_is_no_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAY_OIDC_ISSUER", raising=False)
    assert oidc.providers()["openid_connect"]["APPS"] == []
