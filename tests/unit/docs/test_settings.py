"""Every setting is in the README and in `.env.example`, with its default; and nothing else is."""

import re

from pydantic import SecretStr

from streams.adapters.settings import Settings
from tests.unit.docs.pages import README, ROOT, code, rows, section


def _defaults() -> dict[str, str]:
    return {
        str(field.validation_alias): _text(field.default)
        for field in Settings.model_fields.values()
    }


def _text(value: object) -> str:
    assert not isinstance(value, SecretStr)
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _same(documented: str, default: str, name: str) -> bool:
    """`2s` documents 2000: compare as the settings read it."""
    if documented == default:
        return True
    one, other = (Settings(_env_file=None, **{name: text}) for text in (documented, default))  # type: ignore[arg-type, call-arg]  # by alias
    return one == other


def test_the_readme_documents_every_setting_with_its_default() -> None:
    table = {
        code(name)[0]: "".join(code(default))
        for name, default, _ in rows(section(README, "Settings"))
    }
    defaults = _defaults()
    assert table.keys() == defaults.keys()
    assert [n for n, text in table.items() if not _same(text, defaults[n], n)] == []


def test_every_setting_is_explained() -> None:
    assert [name for name, _, what in rows(section(README, "Settings")) if len(what) < 15] == []


def test_the_example_file_has_every_setting_commented_with_its_default() -> None:
    text = (ROOT / ".env.example").read_text()
    example = dict(re.findall(r"^#([A-Z_]+)=(.*)$", text, re.M))
    defaults = _defaults()
    assert example.keys() == defaults.keys()
    assert [n for n, value in example.items() if not _same(value, defaults[n], n)] == []
    assert all(line.startswith("#") for line in text.splitlines() if line)
