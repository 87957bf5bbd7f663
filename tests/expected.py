"""Expected results of the shipped scenarios: ``python tests/expected.py`` writes them anew.

Look at the differences before you commit: a change that nobody meant is a mistake.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import expatsim as xs

FOLDER = Path(__file__).parents[1] / "scenarios"
DRAWS = 20
# half a point, and half a percent of numbers of people: more than machines differ, less than a
# change of the model; a tenth of that for differences, which are paired
POINTS, PERCENT, PAIRED = 0.005, 0.005, 0.1
COLUMNS = ("low", "median", "high", "difference_median")


def results() -> dict[str, pd.DataFrame]:
    """Summary of every shipped scenario, with differences with the first of its city."""
    found = {}
    scenarios = [xs.load(path) for path in sorted(FOLDER.glob("*.yaml"))]
    for base in ("rotterdam", "den-haag", "rotterdam-2025", "den-haag-2025"):
        city = base.replace("-", "_")
        own = sorted((s for s in scenarios if s.city == city), key=lambda s: s.name != base)
        frame = xs.compare(own, draws=DRAWS).summary()
        for scenario in own:
            mine = frame[frame["scenario"] == scenario.name].set_index("outcome")
            found[scenario.name] = mine.reindex(columns=list(COLUMNS)).dropna(axis="columns")
    return found


def tolerance(frame: pd.DataFrame, column: str) -> pd.Series:
    """By outcome: points for shares, a share of the median for numbers of people."""
    plain = frame["median"].abs().mul(PERCENT).where(frame["median"] > 1, POINTS)
    return plain * PAIRED if column == "difference_median" else plain


def file_of(name: str) -> Path:
    """Beside the scenario."""
    return FOLDER / f"{name}.expected.csv"


def main() -> None:
    """Write every file."""
    for name, frame in results().items():
        path = file_of(name)
        for column in list(frame):
            frame[f"{column} within"] = tolerance(frame, column)
        frame.to_csv(path, float_format="%.6g")
        print(path.name)


if __name__ == "__main__":
    main()
