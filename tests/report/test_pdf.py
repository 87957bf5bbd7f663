"""A page as PDF."""

from __future__ import annotations

import pytest

from expatsim.report import pdf


@pytest.mark.skipif(pdf.browser() is None, reason="no browser on this machine")
def test_prints_to_pdf(page, tmp_path) -> None:
    (tmp_path / "page.html").write_text(page[1], encoding="utf-8")
    pdf.print_to_pdf(tmp_path / "page.html", tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
