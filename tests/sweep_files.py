"""Small sweep files for tests."""

from __future__ import annotations

from helpers import ROOT

TEXT = """
title: A small sweep
scenario: {scenario}
uncertainties:
  source: prior
  vary: [wish_welcome, leave_choice]
levers:
  english_information: [0.3, 1.0]
design: {design}
samples: {samples}
people: 0.02
years: 3
outcomes: [newcomers_1, welcome, people]
"""
SCENARIO = "title: Small\ncity: rotterdam\nyears: 2\npopulation: {stock: 200, inflow: 60}\n"
SWEEP = """title: A sweep
scenario: {scenario}
uncertainties:
  source: {source}
  vary: [leave_choice, wish_welcome]
  ranges: {{renewal_wish: [0.2, 1.0]}}
levers:
  english_information: [0.3, 1.0]
design: {design}
samples: {samples}
outcomes: [welcome, people]
"""


def file(folder, kind: str = "latin", samples: int = 6, extra: str = "", **changes: str):
    path = folder / "small.yaml"
    text = TEXT.format(scenario=ROOT / "scenarios" / "rotterdam", design=kind, samples=samples)
    for old, new in changes.items():
        text = text.replace(old, new)
    path.write_text(text + extra, encoding="utf-8")
    return path


def files(
    folder, design: str = "latin", samples: int = 4, extra: str = "", more: str = "", **settings
):
    (folder / "small.yaml").write_text(SCENARIO + more, encoding="utf-8")
    path = folder / "sweep.yaml"
    values = {"source": "prior", "scenario": "small", **settings}
    path.write_text(SWEEP.format(design=design, samples=samples, **values) + extra)
    return path
