import re
from importlib.resources import files
from pathlib import Path

import pytest

ASSETS = sorted(
    path
    for path in Path(str(files("panel_app") / "assets")).rglob("*")
    if path.suffix in (".html", ".css", ".js")
)


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset.name)
def test_an_asset_names_no_other_host(asset: Path) -> None:
    text = asset.read_text("utf-8")
    hosts = set(re.findall(r"https?://[^/'\"\s]+", text))
    assert hosts <= {"http://www.w3.org"}  # the namespace of the icon's SVG, never fetched
