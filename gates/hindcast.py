"""Looking back: what the model says of 2010 to 2019, beside what is published.

``python -m gates.hindcast`` keeps ``calibration/results/hindcast.md`` and its picture. No target is
made of it and nothing is tuned on it: a reader judges.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import pandas as pd

from expatsim.analysis.hindcast import EU, Hindcast, hindcast, with_a_job, within
from expatsim.observed import external
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


def early(said: Hindcast) -> str:
    """Why the model has fewer EU citizens leave within two years than are published.

    Parameters
    ----------
    said : Hindcast
        What the model says.
    """
    means = said.published.groupby("subject")[["published", "median"]].mean()
    everybody, model = means.loc[within(2, EU)]
    five = means.loc[within(5, EU)]
    (two, of_workers), (four, later) = (means.loc[with_a_job(years)] for years in (2, 4))
    facts = external().set_index("id")
    part, gone = float(facts.loc["EXT-30", "n"]), float(facts.loc["EXT-30", "value"])
    part /= float(facts.loc["EXT-31", "n"])
    with_them = part * gone + (1 - part) * model
    return (
        "## Why the model has fewer EU citizens leave within two years\n\n"
        f"Of all who came from the EU in these years {everybody:.0f} % had left within two years "
        f"(EXT-27, mean of the years), of the model's {model:.0f} %: {everybody - model:.0f} "
        f"points fewer, and {five['published'] - five['median']:.0f} fewer within five. The "
        "published ones are not only workers: in the model everybody comes with a job, or with "
        f"somebody who has one. Of those with a job at once {two:.0f} % had left within two years "
        f"and {four:.0f} % within four (EXT-32, arrived 1999 to 2003), of the model's workers "
        f"{of_workers:.0f} and {later:.0f} %. The model lies between the two figures, "
        f"{of_workers - two:.0f} points above the lower one.\n\n"
        f"What may fill the gap: {part:.0%} of the labour migrants of 2011 had no known income, "
        f"and {gone:.0f} % of these had left by the end of the next year (EXT-30). Were as many "
        f"of that kind added to the model's people, {with_them:.0f} % would be gone within two "
        f"years: {with_them - model:.0f} of the {everybody - model:.0f} points. The other "
        f"{everybody - with_them:.0f} are left to other motives, such as study and family. That "
        "is a sum with published shares, and no finding: nobody published early departures from "
        "the EU by motive, so the parts cannot be told apart further. That is why the calibration "
        "takes EXT-27 with a wide error."
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
        early(said),
        YEARS,
        years,
    )
    said.figure().savefig(RESULTS / "hindcast.png", dpi=110)


if __name__ == "__main__":
    main()
