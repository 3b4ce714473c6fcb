"""The set-up: what it takes from the lock, and what uv is told of pip's configuration."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`infra/install.py`, with no configuration of pip but what a test sets."""
    spec = importlib.util.spec_from_file_location("install", ROOT / "infra" / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    config = tmp_path / "pip.conf"
    config.write_text("")
    for name in ("INDEX_URL", "CERT", "FIND_LINKS", "PROXY", "TRUSTED_HOST", "EXTRA_INDEX_URL"):
        monkeypatch.delenv(f"PIP_{name}", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    return module


def test_uv_itself_is_pinned_with_its_hashes(install: ModuleType) -> None:
    lines = install.pinned("uv").splitlines()
    assert re.match(r"uv==[\d.]+ \\$", lines[0])
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])
    assert len(lines) > 1


def test_uv_uses_the_index_and_the_certificates_of_pip(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.setenv("PIP_CERT", "corporate.pem")
    environment = install.uv_environment()
    assert environment["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert environment["SSL_CERT_FILE"] == "corporate.pem"


def test_the_environment_wins_over_a_configuration_file(
    install: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://file.example/simple\n")
    assert install.uv_environment()["UV_DEFAULT_INDEX"] == "https://file.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://variable.example/simple")
    assert install.uv_environment()["UV_DEFAULT_INDEX"] == "https://variable.example/simple"


def test_what_uv_would_not_honour_is_left_to_pip(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_TRUSTED_HOST", "mirror.example")
    assert install.uv_environment() is None
    assert "trusted-host" in capsys.readouterr().err


def test_an_old_python_is_told_what_is_needed(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert install.python_fault() is None
    monkeypatch.setattr(install, "OLDEST", (99, 0))
    assert install.python_fault().startswith("expected Python >= 3.11, was 3.")
