import re
from importlib.resources import files

import pytest

ASSETS = [
    files("panel_app").joinpath("assets", f"terminal.{kind}") for kind in ("html", "css", "js")
]


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset.name)
def test_an_asset_names_no_other_host(asset: object) -> None:
    text = asset.read_text("utf-8")  # type: ignore[attr-defined]  # Traversable has it
    hosts = set(re.findall(r"https?://[^/'\"\s]+", text))
    assert hosts <= {"http://www.w3.org"}  # the namespace of the icon's SVG, never fetched
