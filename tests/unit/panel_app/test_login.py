"""The settings of the login, and who may open a connection."""

from pathlib import Path

import pytest

from panel_app.login import login_options
from panel_app.origins import Origins
from streams.domain.errors import ConfigError
from tests.fakes import settings


def test_without_settings_there_is_no_login() -> None:
    assert login_options(settings()) == {}


def test_a_user_and_password_or_a_file_of_them(tmp_path: Path) -> None:
    users = tmp_path / "users.json"
    users.write_text('{"ann": "a:b"}')
    one = login_options(settings(TAPEDECK_PANEL_BASIC_AUTH="ann:a:b"))
    file = login_options(settings(TAPEDECK_PANEL_BASIC_AUTH=str(users)))
    assert one["basic_auth"] == file["basic_auth"] == {"ann": "a:b"}
    assert Path(one["basic_login_template"]).is_file()
    assert len(one["cookie_secret"]) == 64
    assert one["cookie_secret"] != file["cookie_secret"]


def test_the_cookie_secret_may_be_given_and_oauth_too() -> None:
    options = login_options(
        settings(
            TAPEDECK_PANEL_OAUTH_PROVIDER="github", TAPEDECK_PANEL_OAUTH_KEY="id",
            TAPEDECK_PANEL_OAUTH_SECRET="s", TAPEDECK_PANEL_COOKIE_SECRET="salt",
            TAPEDECK_PANEL_OAUTH_REDIRECT_URI="https://desk.example/",
        )
    )  # fmt: skip
    assert options == {
        "oauth_provider": "github", "oauth_key": "id", "oauth_secret": "s",
        "oauth_redirect_uri": "https://desk.example/", "cookie_secret": "salt",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"TAPEDECK_PANEL_BASIC_AUTH": "secret"}, "expected user:password"),
        ({"TAPEDECK_PANEL_BASIC_AUTH": ":secret"}, "expected user:password"),
        ({"TAPEDECK_PANEL_BASIC_AUTH": "ann:"}, "expected user:password"),
        ({"TAPEDECK_PANEL_OAUTH_PROVIDER": "github"}, "TAPEDECK_PANEL_OAUTH_KEY and"),
        (
            {"TAPEDECK_PANEL_BASIC_AUTH": "a:b", "TAPEDECK_PANEL_OAUTH_PROVIDER": "github"},
            "expected no TAPEDECK_PANEL_OAUTH_PROVIDER",
        ),
        ({"TAPEDECK_PANEL_OAUTH_PROVIDER": "nobody"}, "expected one of"),
    ],
)
def test_settings_that_do_not_fit_are_explained_without_the_secret(
    variables: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        login_options(settings(**variables))
    assert "secret" not in str(caught.value)


def test_a_file_of_users_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    users = tmp_path / "users.json"
    users.write_text("[1]")
    with pytest.raises(ConfigError, match=r'expected \{"user": "password"\}'):
        login_options(settings(TAPEDECK_PANEL_BASIC_AUTH=str(users)))


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://localhost:5006", True),
        ("http://127.0.0.1:5006", True),
        ("https://localhost:5006", True),
        ("http://localhost:5007", False),
        ("http://localhost", False),
        ("https://desk.example.com", True),
        ("http://desk.example.com", True),
        ("https://desk.example.com:8443", False),
        ("https://a.desk.example.com", False),
        ("https://desk.example.com.evil.example", False),
        ("https://proxy.example:8443", True),
        ("http://DESK.example.com", True),
        ("null", False),
        ("", False),
        ("file://", False),
        ("http://[::1", False),
        ("http://localhost:99999", False),
    ],
)
def test_origins(origin: str | None, allowed: bool) -> None:
    origins = Origins.of(5006, ["desk.example.com", " proxy.example:8443", ""])
    assert origins.allow(origin) is allowed


def test_a_star_allows_any_origin() -> None:
    assert Origins.of(5006, ["*"]).allow("http://anyone.example")
