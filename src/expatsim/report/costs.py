"""What scenarios cost, in the words of a language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.findings import cost
from expatsim.findings.sureness import ASSUMED_SIZES
from expatsim.report import words
from expatsim.report.language import N_, Language, supported

if TYPE_CHECKING:
    from expatsim.findings.tables import Tables

# more years than all people of the largest scenario live in the city
MOST_YEARS = 1e9
QUANTITIES = {
    "extra cost": N_("Extra cost over the whole period"),
    "extra expat-years": N_("Extra years lived in the city by expats"),
    "cost of an extra expat-year": N_("Cost of one extra year lived in the city"),
    "extra expat-years to break even": N_("Extra years lived in the city from which it pays"),
    "net benefit": N_("Worth of the extra years less the extra cost"),
    "extra people here after five years": N_("Extra expats in the city after five years"),
    "cost of an extra person here after five years": N_(
        "Cost of one extra expat in the city after five years"
    ),
}
NOTES = {
    cost.TOO_FEW_TO_DIVIDE: N_("too few people to divide by"),
    ASSUMED_SIZES: words.VERDICTS[ASSUMED_SIZES],
}


def tables(result: Tables, titles: dict[str, str], language: Language) -> list[dict[str, Any]]:
    """Costs of every scenario that has some."""
    frame = result.costs()
    if frame.empty:
        return []
    ends = ["low", "median", "high"]
    # numbers of people and years stand in the table of outcomes too, and are the same there
    euros = frame["quantity"].str.contains("cost|benefit")
    frame.loc[euros, ends] = [
        [supported(getattr(x, end), x.low, x.high) for end in ends]
        for x in frame[euros].itertuples()
    ]
    described = {s.name: s for s in result.described()}
    base = next(iter(described.values()))

    def show(quantity: str, x: float) -> str:
        if np.isinf(x) or ("break even" in quantity and x > MOST_YEARS):
            return language.say(N_("never"))
        return (
            language.euros(x) if "cost" in quantity or "benefit" in quantity else language.number(x)
        )

    tables = []
    for name, rows in frame.groupby("scenario", sort=False):
        shown = []
        for x in rows.itertuples():
            low, middle, high = (show(x.quantity, v) for v in (x.low, x.median, x.high))
            chance, note = x.probability_of_no_gain, language.say(NOTES[x.note]) if x.note else ""
            if np.isnan(x.median):
                middle, note = note, ""
            shown.append(
                {
                    "name": language.say(QUANTITIES[x.quantity]),
                    "value": middle,
                    "interval": ""
                    if np.isnan(x.median)
                    else low
                    if low == high
                    else language.range(low, high),
                    "note": note,
                    "no_gain": "" if np.isnan(chance) else language.percent(chance),
                }
            )
        missing, uncounted = cost.without_numbers(described[str(name)], base)
        tables.append(
            {
                "title": titles[str(name)],
                "rows": shown,
                "missing": [language.say(words.LEVER_NAMES[x]) for x in missing],
                "uncounted": [language.say(words.LEVER_NAMES[x]) for x in uncounted],
            }
        )
    return tables
