"""The optional login of the page: Panel's own, by password or OAuth, from the settings."""

from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec
from panel.auth import AUTH_PROVIDERS, BasicAuthProvider
from panel.config import config
from tornado.web import RequestHandler

from streams.adapters.settings import Settings
from streams.domain.errors import ConfigError


def login_options(settings: Settings) -> dict[str, Any]:
    """Arguments of `get_server`; empty where there is no login.

    Raises ConfigError when the settings do not fit together.
    """
    basic, provider = settings.panel_basic_auth, settings.panel_oauth_provider
    if basic is None and provider is None:
        return {}
    if basic is not None and provider is not None:
        raise ConfigError(
            "TAPEDECK_PANEL_BASIC_AUTH: expected no TAPEDECK_PANEL_OAUTH_PROVIDER beside it, "
            f"was {provider}"
        )
    secret = settings.panel_cookie_secret
    options: dict[str, Any] = {
        "cookie_secret": secret.get_secret_value() if secret else token_hex(32)
    }
    if basic is not None:
        return options | {"basic_auth": _users(basic.get_secret_value()), **_template()}
    return options | _oauth(settings)


def _users(text: str) -> dict[str, str]:
    """`user:password`, or the path of a JSON file `{"user": "password"}`."""
    path = Path(text)
    if path.is_file():
        try:
            found = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        except msgspec.DecodeError as error:
            raise ConfigError(
                f'TAPEDECK_PANEL_BASIC_AUTH: expected {{"user": "password"}} in {path}: {error}'
            ) from error
    else:
        user, colon, password = text.partition(":")
        found = {user: password} if colon else {}
    if not found or not all(user and password for user, password in found.items()):
        raise ConfigError(
            "TAPEDECK_PANEL_BASIC_AUTH: expected user:password or a JSON file of them, was neither"
        )
    return found


def _template() -> dict[str, str]:
    """Our own login page: Panel's loads its logo from another host."""
    return {"basic_login_template": str(Path(__file__).with_name("login.html"))}


def _oauth(settings: Settings) -> dict[str, Any]:
    provider = settings.panel_oauth_provider
    if provider not in AUTH_PROVIDERS:
        raise ConfigError(
            f"TAPEDECK_PANEL_OAUTH_PROVIDER: expected one of {', '.join(sorted(AUTH_PROVIDERS))}, "
            f"was {provider}"
        )
    key, secret = settings.panel_oauth_key, settings.panel_oauth_secret
    if key is None or secret is None:
        raise ConfigError(
            "TAPEDECK_PANEL_OAUTH_PROVIDER: expected TAPEDECK_PANEL_OAUTH_KEY and "
            "TAPEDECK_PANEL_OAUTH_SECRET beside it, was without"
        )
    options: dict[str, Any] = {
        "oauth_provider": provider,
        "oauth_key": key,
        "oauth_secret": secret.get_secret_value(),
    }
    if settings.panel_oauth_redirect_uri:
        options["oauth_redirect_uri"] = settings.panel_oauth_redirect_uri
    return options


def user_of(handler: RequestHandler) -> str | None:
    """Who asks: the user of the page's cookie, `-` where no login is needed, None: a stranger."""
    provider = getattr(handler.application, "auth_provider", None)
    if provider is None or not isinstance(provider, BasicAuthProvider):
        return "-"
    user = handler.get_signed_cookie("user", max_age_days=config.oauth_expiry)
    return user.decode("utf-8", "replace") if user else None
