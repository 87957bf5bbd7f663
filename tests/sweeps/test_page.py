"""The page of a sweep."""

from __future__ import annotations

from expatsim.sweeps.sensitivity import indices
from sweep_files import made_up


def test_page_is_accessible(tmp_path) -> None:
    import html5lib

    from expatsim.sweeps.discovery import Target
    from expatsim.sweeps.page import write_page

    store = made_up(tmp_path, "morris", 8, lambda x: x["wish_welcome"])
    below = Target("welcome", "below", 0.5)
    page = write_page(store, indices(store, ["welcome"]), ["welcome"], below)
    tree = html5lib.HTMLParser(strict=True).parse(page.read_text(encoding="utf-8"))
    h = "{http://www.w3.org/1999/xhtml}"
    assert all(len(i.get("alt")) > 30 for i in tree.iter(f"{h}img"))
    assert not list(tree.iter(f"{h}script"))
    assert len(list(tree.iter(f"{h}h1"))) == 1
