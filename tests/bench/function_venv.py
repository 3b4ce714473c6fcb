"""What the image `functions` holds, made by the same commands in a folder of this machine."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def make_function_venv(folder: Path) -> Path:
    """The virtual environment of the Dockerfile's `functions-packages`: locked, hash-checked,
    compiled. Its packages come from the package index.
    """
    venv, wheels = folder / "tapedeck", folder / "wheels"
    tools = folder / "tools"
    names = folder / "tools.in"
    names.write_text("hatchling\n")
    _run("infra/pinned.sh", str(tools), str(names))
    _run("uv", "build", "--quiet", "--wheel", "--no-build-isolation",
         "--python", str(tools / "bin" / "python"), "--out-dir", str(wheels))  # fmt: skip
    _run("infra/pinned.sh", str(venv), "pyproject.toml", "--extra", "functions")
    _run("infra/pinned.sh", str(venv), *map(str, wheels.glob("*.whl")))
    return venv


def compressed_size(folder: Path) -> int:
    """Bytes of the folder as a layer of an image: tar and gzip."""
    layer = folder.with_suffix(".tar.gz")
    with tarfile.open(layer, "w:gz", compresslevel=6) as tar:
        tar.add(folder, folder.name)
    return layer.stat().st_size


def _run(*command: str) -> None:
    tools = str(Path(sys.executable).parent)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHON": sys.executable}
    subprocess.run(command, cwd=ROOT, env=env, check=True)
