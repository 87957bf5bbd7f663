"""Tables of costs, in a language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.findings import cost
from expatsim.findings.outcomes import EXPAT_YEARS
from expatsim.findings.sureness import ASSUMED_SIZES
from expatsim.report import words
from expatsim.report.language import N_, Language, supported

if TYPE_CHECKING:
    from expatsim.report.facts import Facts

# expat-years above which a number is "never": all people of the largest scenario live fewer
MOST_YEARS = 1e9
FIRST = ("extra_cost", "extra_expat_years", "cost_per_expat_year", "net_benefit")
NOTES = {
    cost.TOO_FEW_TO_DIVIDE: N_("too few people to divide by"),
    ASSUMED_SIZES: words.VERDICTS[ASSUMED_SIZES],
}


def tables(facts: Facts, titles: dict[str, str], language: Language) -> list[dict[str, Any]]:
    """A table of costs for each scenario that has some.

    Parameters
    ----------
    facts : Facts
        Of the result.
    titles : dict of str to str
        Title of each scenario.
    language : Language
        In which cells are written.
    """
    if facts.costs.empty:
        return []
    levers = {n: language.say(x.label) for n, x in words.levers_of(facts.scenarios).items()}
    return [
        {
            "title": titles[str(name)],
            "rows": [row(x, language) for x in rows.itertuples() if x.outcome in FIRST],
            "all_rows": [row(x, language) for x in rows.itertuples()],
            "missing": [levers[x] for x in facts.uncosted[str(name)][0]],
            "uncounted": [levers[x] for x in facts.uncosted[str(name)][1]],
        }
        for name, rows in facts.costs.groupby("scenario", sort=False)
    ]


def row(x: Any, language: Language) -> dict[str, str]:
    """Cells of a quantity; a note stands in place of numbers that are missing.

    Parameters
    ----------
    x : named tuple
        A row of :func:`expatsim.findings.cost.costs`.
    language : Language
        In which cells are written.
    """
    quantity = cost.QUANTITIES[x.outcome]
    note = language.say(NOTES[x.note]) if x.note else ""
    chance = x.probability_of_no_gain
    cells = {
        "name": language.say(quantity.label),
        "no_gain": "" if np.isnan(chance) else language.percent(chance),
        "basis": language.say(words.BASIS[x.rests_on])
        if x.rests_on and x.note != ASSUMED_SIZES
        else "",
    }
    if np.isnan(x.median):
        return {**cells, "value": note, "interval": "", "note": ""}
    low, middle, high = (
        _number(value, x, quantity.unit, language) for value in (x.low, x.median, x.high)
    )
    interval = low if low == high else language.range(low, high)
    return {**cells, "value": middle, "interval": interval, "note": note}


def _number(value: float, x: Any, unit: str, language: Language) -> str:
    if np.isinf(value) or (unit == EXPAT_YEARS and value > MOST_YEARS):
        return language.say(N_("never"))
    # numbers of people and years are written as in the table of outcomes, which has them too
    if unit == cost.EUROS:
        return language.euros(supported(value, x.low, x.high))
    return language.number(value)
