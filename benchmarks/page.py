"""How soon the live page answers, through a browser: ``benchmarks/page.md``.

``python -m benchmarks.page``: some minutes. It needs Chromium, and a machine without other work.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.machine import describe, keep_page
from expatsim.page.simulation import ROUGH
from expatsim.report import pdf

MOVES = 5
LEVELS = [12, 28, 44, 60, 76]  # of mentors, in percent: no plan was answered before
GOALS = (0.4, 4.0)  # seconds to the first picture and to the full answer
PATIENCE = 600_000  # milliseconds
CITIES = ("rotterdam", "den_haag")
COLUMNS = (
    "start to first full answer",
    "first picture",
    "full answer",
    "what it rests on",
    "processor time of a move",
)
BUSY = (
    "{load:.1f} processes were at work or waiting for a core when it began. Where that is more "
    "than one, the seconds are theirs, too: only the processor time can be compared."
)
NOTE = (
    "Seconds in a browser from a move of a slider until the picture is painted: the first from "
    f"{ROUGH} draws, the full answer from 100, what it rests on from 64 of the prior. Median of "
    f"{MOVES} moves, in brackets the slowest. The goals, for Rotterdam on two free cores: "
    f"{GOALS[0]} s for the first and {GOALS[1]:.0f} s for the full. The browser uses them, too."
)
# moves a slider as a hand does, and waits until pictures are on the screen
MOVE = """async (level) => {
  const slider = document.getElementById('s-mentor_projects');
  const painted = () => new Promise(
    (done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))));
  const begin = performance.now();
  const before = Number(document.body.dataset.shown);
  const stage = (least) => new Promise((done) => {
    const look = () => {
      const now = document.body.dataset;
      if (Number(now.shown) > before && Number(now.stage) >= least) { seen.disconnect(); done(); }
    };
    const seen = new MutationObserver(look);
    seen.observe(document.body, { attributes: true });
    look();
  });
  const all = [1, 2, 3].map((least) => stage(least).then(painted));
  slider.value = level;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  return (await Promise.all(all)).map((at) => (at - begin) / 1000);
}"""


class Times(NamedTuple):
    """Seconds of one city.

    Attributes
    ----------
    opened : float
        From the start of the command to its first full answer.
    rough, full, basis : list of float
        From a move to the first picture, to the answer from all draws, and to what it rests on.
    work : float
        Processor seconds of expatsim for a move.
    """

    opened: float
    rough: list[float]
    full: list[float]
    basis: list[float]
    work: float


def measure(city: str, browser: Any, out: str) -> Times:
    """Start the page with a city, and move a lever some times.

    Parameters
    ----------
    city : str
        Name of the city.
    browser : playwright.sync_api.Browser
        The browser.
    out : str
        Folder for results, which stays empty.
    """
    command = [sys.executable, "-m", "expatsim.cli", "page", "--no-browser", "--city", city]
    begin = time.perf_counter()
    with subprocess.Popen([*command, "--out", out], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r"http://\S+/", process.stdout.readline())
        assert found
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(found[0])
        page.wait_for_selector("body[data-stage='3']")
        opened = time.perf_counter() - begin
        page.evaluate(MOVE, 99)  # draws of the prior are made for the baseline, too
        used = _processor_seconds(process.pid)
        times = [page.evaluate(MOVE, level) for level in LEVELS[:MOVES]]
        work = (_processor_seconds(process.pid) - used) / MOVES
        page.close()
        process.terminate()
    return Times(opened, *(list(x) for x in zip(*times, strict=True)), work)


def _processor_seconds(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure, print and store the page of results."""
    from playwright.sync_api import sync_playwright

    load = os.getloadavg()[0]
    rows = []
    with tempfile.TemporaryDirectory() as out, sync_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=pdf.required_browser(), args=sandbox)
        for city in CITIES:
            t = measure(city, browser, out)
            rows.append(
                f"| {city} | {t.opened:.1f} | {median(t.rough):.2f} ({max(t.rough):.2f}) | "
                f"{median(t.full):.2f} ({max(t.full):.2f}) | "
                f"{median(t.basis):.2f} ({max(t.basis):.2f}) | {t.work:.1f} |"
            )
        browser.close()
    keep_page(
        [
            "# Results of `python -m benchmarks.page`",
            "",
            describe(),
            BUSY.format(load=load),
            "",
            NOTE,
            "",
            "| city | " + " | ".join(COLUMNS) + " |",
            "|---" * (1 + len(COLUMNS)) + "|",
            *rows,
        ],
        "page.md",
    )


if __name__ == "__main__":
    main()
