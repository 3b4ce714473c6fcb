"""Under which account PostgreSQL runs: it refuses to be root."""

import os
import pwd
from pathlib import Path

from streams.domain.errors import ServiceError

# Exists everywhere, so no account has to be made for a demo.
_NOBODY = "nobody"


def server_account(data: Path, binaries: Path) -> str | None:
    """None (our own) unless we are root; then an account that owns `data` and can run `binaries`.

    Raises ServiceError when the system has no such account.
    """
    if os.geteuid() != 0:
        return None
    try:
        account = pwd.getpwnam(_NOBODY)
    except KeyError as error:
        raise ServiceError(
            f"PostgreSQL does not run as root: expected an account {_NOBODY}, was none. "
            "Run as another user or set DATABASE_URL"
        ) from error
    _own(data, account)
    for folder in (data, binaries):
        _let_through(folder.parent)
    _let_read(binaries)
    return _NOBODY


def _own(data: Path, account: pwd.struct_passwd) -> None:
    if data.stat().st_uid == account.pw_uid:
        return
    for folder, _, files in os.walk(data):
        os.chown(folder, account.pw_uid, account.pw_gid)
        for name in files:
            os.chown(os.path.join(folder, name), account.pw_uid, account.pw_gid)


def _let_through(folder: Path) -> None:
    """Others may pass through the folders above, and still not list them."""
    for each in (folder, *folder.parents):
        mode = each.stat().st_mode
        if not mode & 0o001:
            each.chmod(mode | 0o011)


def _let_read(binaries: Path) -> None:
    """Under a strict umask pip installs files that only root can read."""
    if binaries.stat().st_mode & 0o005 == 0o005:
        return
    for folder, _, files in os.walk(binaries):
        Path(folder).chmod(Path(folder).stat().st_mode | 0o055)
        for name in files:
            path = os.path.join(folder, name)
            mode = os.stat(path).st_mode
            os.chmod(path, mode | (0o055 if mode & 0o100 else 0o044))
