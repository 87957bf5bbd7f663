"""A policymaker's visit in a real browser, in both languages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe

from expatsim.report import pdf
from expatsim.scenario import check
from helpers import ROOT

BROWSER = pdf.browser()
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no browser on this machine")
PATIENCE = 240_000  # milliseconds; machines of tests are busy
FEW = "title: Few\ncity: rotterdam\nyears: 6\npopulation: {stock: 150, inflow: 60}\n"
SAYS = {
    "en": {"plan": "policy of 2009”", "base": "No lever is moved yet", "range": "0 to 100%"},
    "nl": {"plan": "beleid van 2009”", "base": "nog geen maatregel", "range": "0 tot 100%"},
}


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """The address of ``expatsim page`` in a process of its own."""
    out = tmp_path_factory.mktemp("page")
    command = [sys.executable, "-m", "expatsim.cli", "page", "--no-browser", "--draws", "12"]
    command += ["--out", str(out), "--scenarios", str(ROOT / "scenarios")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        line = process.stdout.readline()
        yield re.search(r"http://127\.0\.0\.1:\d+/[\w-]+/", line)[0]
        process.terminate()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=sandbox)
        yield browser
        browser.close()


class Visit:
    """A page in a browser; what its console says against it is kept."""

    def __init__(self, browser, address: str, width: int) -> None:
        context = browser.new_context(viewport={"width": width, "height": 900})
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda said: said.type == "error" and self.complaints.append(said.text),
        )
        self.page.goto(address)

    def answered(self, revision: int) -> None:
        """Wait for the full answer of a revision."""
        self.page.wait_for_selector(f"body[data-shown='{revision}'][data-stage='3']")

    def revision(self) -> int:
        return int(self.page.get_attribute("body", "data-asked"))

    def load(self, text: str) -> None:
        file = {"name": "any.yaml", "mimeType": "text/yaml", "buffer": text.encode()}
        before = self.page.get_attribute("body", "data-asked")
        self.page.set_input_files("#file", file)
        self.page.wait_for_selector(f"body[data-asked]:not([data-asked='{before}'])")


def violations(page) -> list[str]:
    """What axe finds on a page."""
    found = Axe().run(page)["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_a_policymaker_visits(browser, address, lang, tmp_path) -> None:
    visit = Visit(browser, address, 1280)
    page, says = visit.page, SAYS[lang]
    visit.load(FEW)
    page.goto(f"{page.url.split('?')[0]}?lang={lang}")
    page.wait_for_selector("body[data-stage='3']")
    assert page.get_attribute("html", "lang") == lang
    assert says["base"] in page.inner_text("#head")
    # a lever with the keyboard alone
    page.focus("#s-mentor_projects")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector("#t-mentor_projects:has-text('5%')")
    page.keyboard.press("Tab")
    page.wait_for_selector(f"#sentence:has-text('{says['plan']}')")
    page.wait_for_selector("body[data-stage='3']")
    assert page.inner_text("#said") == page.inner_text("#sentence")
    assert page.locator("#head img").count() == 2
    # from a date, at a price
    page.click("#d-mentor_projects summary")
    page.select_option("#f-mentor_projects", "2012-01")
    page.wait_for_selector("#t-mentor_projects:has-text('2012')")
    page.fill("#c-per_year-mentor_projects", "50000")
    page.keyboard.press("Tab")
    page.wait_for_selector("#rest:has-text('50')")
    page.wait_for_selector("#d-mentor_projects[open]")
    # what is impossible gets one message, and changes nothing
    page.fill("#n-mentor_projects", "300")
    page.keyboard.press("Tab")
    page.wait_for_selector(f"#problem:has-text('{says['range']}')")
    page.wait_for_selector("#n-mentor_projects[value='5']")
    assert "400" in visit.complaints.pop()  # the console says so of every refusal
    # share it, and load it again
    with page.expect_download() as download:
        page.click("a[href='plan.yaml']")
    file = Path(tmp_path / "plan.yaml")
    download.value.save_as(file)
    assert check([file]) == []
    page.click("#reset")
    page.wait_for_selector(".lever.moved", state="detached")
    visit.load(file.read_text(encoding="utf-8"))
    page.wait_for_selector(".lever.moved[data-lever='mentor_projects']")
    page.wait_for_selector("body[data-stage='3']")
    assert violations(page) == []
    page.click("#undo")
    page.wait_for_selector(".lever.moved", state="detached")
    assert visit.complaints == []


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_a_narrow_screen(browser, address, lang) -> None:
    """At 390 pixels nothing is wider than the screen, and the answer stays in sight."""
    visit = Visit(browser, address, 390)
    page = visit.page
    visit.load(FEW)
    page.goto(f"{page.url.split('?')[0]}?lang={lang}")
    for part in page.locator("#choices > fieldset > details > summary").all():
        part.click()
    page.fill("#n-welcome_events", "6")
    page.keyboard.press("Tab")
    page.wait_for_selector(f"#sentence:has-text('{SAYS[lang]['plan']}')")
    page.wait_for_selector("body[data-stage='3']")
    page.focus("#n-welcome_events")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.getElementById('bar').getBoundingClientRect().top") == 0
    assert violations(page) == []
    assert visit.complaints == []


def test_many_quick_moves_are_answered_once(browser, address) -> None:
    """A slider that is drawn: the last plan is answered, and the page still follows."""
    visit = Visit(browser, address, 1280)
    page = visit.page
    visit.load(FEW)
    page.evaluate(
        """() => { const s = document.getElementById('s-mentor_projects');
        for (let k = 0; k < 1000; k++) {
          s.value = k % 100; s.dispatchEvent(new Event('input', { bubbles: true })); }
        s.value = 40; s.dispatchEvent(new Event('change', { bubbles: true })); }"""
    )
    page.wait_for_selector("#n-mentor_projects[value='40']")
    visit.answered(visit.revision())
    assert visit.revision() < 20
    page.click("#undo")
    page.wait_for_selector(".lever.moved", state="detached")
    assert visit.complaints == []


def test_files_that_vanish_and_a_connection_that_comes_back(browser, address) -> None:
    visit = Visit(browser, address, 1280)
    page = visit.page
    visit.load(FEW)
    visit.answered(visit.revision())
    gone = "Blob.prototype.arrayBuffer = () => Promise.reject(new DOMException('gone'))"
    page.evaluate(f"() => {{ {gone}; }}")
    file = {"name": "any.yaml", "mimeType": "text/yaml", "buffer": FEW.encode()}
    page.set_input_files("#file", file)
    page.wait_for_selector("#problem:has-text('cannot be read')")
    assert page.input_value("#file") == ""  # so that the same file can be chosen again
    assert visit.complaints == []
    page.route("**/answer?*", lambda route: route.abort())
    page.click("#undo")
    page.wait_for_selector("#problem:has-text('no connection')")
    page.unroute("**/answer?*")
    page.wait_for_selector("#problem", state="hidden")
