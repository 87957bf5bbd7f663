"""Looking back: what the model says of 2010 to 2019, beside what is published.

``python -m gates.hindcast`` keeps ``calibration/results/hindcast.md`` and its picture. No target is
made of it and nothing is tuned on it: a reader judges.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import pandas as pd

from expatsim.analysis.hindcast import Hindcast, hindcast
from gates.common import RESULTS, ROOT, keep

SCENARIOS = tuple(ROOT / "scenarios" / f"{x}-hindcast.yaml" for x in ("rotterdam", "den-haag"))
DRAWS, PEOPLE = 100, 0.5
HEAD = (
    "Arrivals that happened, and a climate that is assumed (a crisis until the end of 2013). Both "
    "cities together; percent, or people. The model's numbers are medians with 90 % intervals. "
    "Nothing was tuned on this page; `use` says what the calibration has seen. Published "
    "departures are of the whole country, and those by year of arrival of all motives (students, "
    "family, asylum), where the model has workers and their partners: outside the EU almost 70 "
    "percent of knowledge migrants had left after five years (EXT-01), and far fewer of all."
)
YEARS = (
    "## People by year\n\nAt the end of the year (`here`), and who arrived and left in it, workers "
    "and partners. No count was published to set beside them: whether the model agrees cannot be "
    "said."
)


def tables(said: Hindcast) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Published numbers, and years of each city, as text for readers."""
    published = said.published.copy()
    for column in ("published", "low", "median", "high"):
        published[column] = published[column].map(lambda x: f"{x:,.0f}" if x >= 100 else f"{x:.1f}")
    years = said.years.copy()
    years["people"] = [
        f"{m:,.0f} ({low:,.0f} to {high:,.0f})"
        for low, m, high in years[["low", "median", "high"]].itertuples(index=False)
    ]
    wide = years.pivot(index="year", columns=["city", "what"], values="people")
    wide.columns = [f"{city}: {what}" for city, what in wide.columns]
    return published, wide.reset_index()


def main(arguments: Sequence[str] | None = None) -> None:
    """Print and keep the tables and the picture.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line; by default those of the process.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--people", type=float, default=PEOPLE, help="share of the people")
    parser.add_argument("--parameters", default="posterior", help="source of the draws")
    asked = parser.parse_args(arguments)
    said = hindcast(SCENARIOS, draws=asked.draws, people=asked.people, parameters=asked.parameters)
    published, years = tables(said)
    sizes = f"--draws {asked.draws} --people {asked.people:g}"
    keep(
        "hindcast",
        "Looking back: 2010 to 2019",
        f"python -m gates.hindcast {sizes} --parameters {asked.parameters}",
        HEAD,
        "\n".join(f"- {sentence}" for sentence in said.sentences()),
        "![Shares gone by year of arrival](hindcast.png)",
        published,
        YEARS,
        years,
    )
    said.figure().savefig(RESULTS / "hindcast.png", dpi=110)


if __name__ == "__main__":
    main()
