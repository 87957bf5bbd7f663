"""Small sweep files for tests."""

from __future__ import annotations

import pandas as pd

from expatsim.sweeps import Store, load_sweep
from expatsim.sweeps.design import design
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


def made_up(tmp_path, kind: str, samples: int, function) -> Store:
    """A store whose outcomes are a known function of the inputs, nothing simulated."""
    from expatsim.sweeps.execute import CHUNK, ChunkResult
    from expatsim.sweeps.run import settings_of

    chosen = load_sweep(file(tmp_path, kind, samples))
    runs = design(chosen)
    store = Store.create(tmp_path / "made-up", settings_of(chosen, runs), runs)
    ranks = runs[list(chosen.inputs)].rank(pct=True)
    y = function(ranks).to_numpy()
    for k, start in enumerate(range(0, len(runs), CHUNK)):
        part = runs.iloc[start : start + CHUNK]
        results = pd.DataFrame(dict.fromkeys(chosen.outcomes, y[start : start + CHUNK]), part.index)
        store.keep(ChunkResult(k, results, {}, 0.1))
    return store
