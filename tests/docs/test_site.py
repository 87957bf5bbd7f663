"""The documentation site is whole: every link and heading is there, and nothing is fetched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools import make_site


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "pages"
    make_site.write_sources(folder)
    return folder


def test_no_dead_links(sources: Path, tmp_path: Path, capfd) -> None:
    assert make_site.build(sources, tmp_path) == 0, capfd.readouterr().err
    home = (tmp_path / "index.html").read_text(encoding="utf-8")
    for page in sources.rglob("*.md"):
        name = page.relative_to(sources).with_suffix(".html")
        assert (tmp_path / name).exists()
        assert f'href="{name}"' in home or name.name == "index.html", f"{name} is not in the menu"
    assert (tmp_path / "searchindex.js").stat().st_size > 10_000
    for page in tmp_path.rglob("*.html"):
        fetched = re.findall(
            r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//[^"]*',
            page.read_text(encoding="utf-8"),
        )
        assert not fetched, page


def test_dead_links_are_seen(tmp_path: Path, capfd) -> None:
    """A page, a file, and a heading on another page and on the same one."""
    links = ("lost.md", "lost.csv", "odd.md#lost", "#lost")
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "odd.md").write_text("# Odd\n", encoding="utf-8")
    (tmp_path / "pages" / "index.md").write_text(
        "# Home\n\n"
        + "".join(f"[a link]({link})\n\n" for link in links)
        + "```{toctree}\nodd\n```\n",
        encoding="utf-8",
    )
    assert make_site.build(tmp_path / "pages", tmp_path / "site") != 0
    assert capfd.readouterr().err.count("'lost") == len(links)
