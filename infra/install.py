"""Make `.venv` with everything in the lock file: `python3 infra/install.py` (`make setup`).

Needs a Python with venv and nothing else. uv, which the lock pins like the rest, installs the
others ten times faster than pip; where it cannot, pip does. Either way every file must have a hash
of the lock, and the package index and certificates are those that pip is configured with.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "infra" / "requirements.lock"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
# What pip calls it, and what uv does. A setting beside these is left to pip to honour.
SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
HARMLESS = {"disable-pip-version-check", "default-timeout", "timeout", "retries", "no-input",
            "root-user-action", "no-cache-dir", "cache-dir", "config-file", "progress-bar", "quiet",
            "break-system-packages", "require-virtualenv"}  # fmt: skip


def main() -> int:
    """0 when `.venv` is as the lock says; otherwise a line that says what to do, and 1."""
    fault = python_fault()
    if fault:
        say(fault)
        return 1
    say(f"making .venv with Python {sys.version.split()[0]} (about 1.5 GB, from the lock)")
    try:
        if not PYTHON.exists():
            run(sys.executable, "-m", "venv", "--clear", str(VENV))
        install()
    except subprocess.CalledProcessError as error:
        say(f"{' '.join(map(str, error.cmd[:5]))} ... failed; its message is above")
        return 1
    return 0


def python_fault() -> str | None:
    """Why this Python cannot be used, or None."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        return f"expected Python >= 3.11, was {version}: make setup PYTHON=python3.12"
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        return (
            f"expected the modules venv and ensurepip in {sys.executable}, was without "
            f"{' and '.join(missing)}: on Debian or Ubuntu, apt install python3-venv"
        )
    return None


def install() -> None:
    """The lock's packages by uv or else pip, then Tapedeck itself, editable."""
    pip = (str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    environment = uv_environment()
    if environment is None or not install_with_uv(pip, environment):
        say("installing with pip, a minute or two")
        run(*pip, "--require-hashes", "-r", str(LOCK))
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def install_with_uv(pip: tuple[str, ...], environment: dict[str, str]) -> bool:
    """Whether uv did it; what stopped it is shown."""
    sync = ("pip", "sync", "--quiet", "--no-config", "--python", str(PYTHON), "--require-hashes")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
        only_uv.write(pinned("uv"))
        only_uv.flush()
        try:
            run(*pip, "--no-deps", "--require-hashes", "-r", only_uv.name)
            run(str(VENV / "bin" / "uv"), *sync, str(LOCK), environment=environment)
        except (subprocess.CalledProcessError, OSError) as error:
            say(f"uv did not manage ({type(error).__name__})")
            return False
    return True


def pinned(name: str) -> str:
    """The lines of the lock that pin one package, with its hashes."""
    lines = LOCK.read_text().splitlines(keepends=True)
    start = next(at for at, line in enumerate(lines) if line.startswith(f"{name}=="))
    end = next(at for at in range(start, len(lines)) if not lines[at].rstrip().endswith("\\"))
    return "".join(lines[start : end + 1])


def uv_environment() -> dict[str, str] | None:
    """pip's configuration as uv's environment, or None where uv would not honour all of it."""
    listed = subprocess.run(  # noqa: S603  # our own interpreter
        [str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, str] = {}
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        found[name.rpartition(".")[2]] = " ".join(str(ast.literal_eval(value)).split())
    foreign = found.keys() - SETTINGS.keys() - HARMLESS
    if foreign:
        say(f"pip is configured with {', '.join(sorted(foreign))}")
        return None
    given = {SETTINGS[name]: value for name, value in found.items() if name in SETTINGS}
    # Hashes decide what is installed, so any index may offer it.
    usual = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_SYSTEM_CERTS": "true"}
    return {**usual, **os.environ, **given}


def run(*command: str, environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, cwd=ROOT, env=environment)  # noqa: S603  # our own


def say(text: str) -> None:
    sys.stderr.write(f"setup: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
