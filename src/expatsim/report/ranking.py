"""The finding in one sentence, and scenarios ranked by what they do: of a report and a sheet."""

from __future__ import annotations

import textwrap
from typing import Any

import pandas as pd

from expatsim.findings.basis import ASSUMPTION, MEASURED, PARTLY, UNKNOWN
from expatsim.findings.outcomes import OUTCOMES
from expatsim.findings.summary import DIFFERENCE
from expatsim.findings.sureness import (
    ASSUMED_SIZES,
    NO_DIFFERENCE,
    NOBODY,
    PRACTICALLY_NONE,
    UNDECIDED,
)
from expatsim.report import answers, costs, words
from expatsim.report.facts import Facts
from expatsim.report.language import N_, Language
from expatsim.runs.tallies import NEWCOMERS
from expatsim.scenario.scenario import Scenario

SURE = {"clear": N_("clearly"), "likely": N_("likely")}  # as part of a sentence
LONGEST = 56  # characters of a title in the table and in the finding

_ONE = N_("With “%(title)s” %(change)s")
_BEST = N_("Of %(n)s scenarios “%(title)s” keeps most people: %(change)s")
_CHANGES = {
    (NEWCOMERS, True): N_(
        "%(sure)s about %(size)s more of every 100 newcomers are still here after %(years)s years"
    ),
    (NEWCOMERS, False): N_(
        "%(sure)s about %(size)s fewer of every 100 newcomers are still here after %(years)s years"
    ),
    ("stock", True): N_(
        "%(sure)s about %(size)s more of every 100 people here at the start are still here after "
        "%(years)s years"
    ),
    ("stock", False): N_(
        "%(sure)s about %(size)s fewer of every 100 people here at the start are still here after "
        "%(years)s years"
    ),
}
_RESTS = {
    MEASURED: N_("the calibration settled most of this"),
    PARTLY: N_("partly measured, partly assumed"),
    ASSUMPTION: N_("that is assumed, no data show it"),
    UNKNOWN: N_("on what that rests was not found out"),
}
_SAME = N_("“%(title)s” keeps practically as many people as “%(base)s”")
_OPEN = {
    UNDECIDED: N_("The model is undecided whether “%(title)s” keeps more people than “%(base)s”"),
    PRACTICALLY_NONE: _SAME,
    NO_DIFFERENCE: _SAME,
}
_TOO_LITTLE = N_("Too little was simulated to say whether “%(title)s” keeps more than “%(base)s”")
_NONE = N_("Of %(n)s scenarios none clearly or likely keeps more people than “%(base)s”")


def finding(facts: Facts, scenarios: list[Scenario], language: Language) -> str:
    """The finding in one sentence: which scenario keeps most people, how sure, on what it rests.

    An order is one of middle draws; what is neither clear nor likely is not put first.

    Parameters
    ----------
    facts : Facts
        Numbers of the result.
    scenarios : list of Scenario
        Its scenarios with titles in the language, the baseline first.
    language : Language
        In which it is written.
    """
    main, titles = facts.headlines(), _titles(scenarios)
    base, *others = scenarios
    if not others:
        value = answers.value(main.loc[base.name], language, facts.draws)
        return f"{language.say(facts.headline.label)}: {value}"
    best = main.loc[order(facts)[0]]
    said = {"title": titles[str(best.name)], "base": titles[base.name], "n": len(others)}
    gains = best[f"{DIFFERENCE}median"] > 0
    if best["verdict"] in SURE and (gains or len(others) == 1):
        text = _ONE if len(others) == 1 else _BEST
        change = _change(best, language)
        rests = language.say(_RESTS[best["rests_on"]])
        return f"{language.say(text, change=change, **said)}; {rests}"
    if len(others) > 1:
        return language.say(_NONE, **said)
    return language.say(_OPEN.get(best["verdict"], _TOO_LITTLE), **said)


def _change(row: pd.Series, language: Language) -> str:
    """``likely about 1.0 more of every 100 newcomers are still here after 5 years``."""
    outcome, middle = OUTCOMES[row["outcome"]], row[f"{DIFFERENCE}median"]
    return language.say(
        _CHANGES[outcome.way_in, bool(middle > 0)],
        sure=language.say(SURE[row["verdict"]]),
        size=language.number(abs(100 * middle), 1),
        years=outcome.years,
    )


def order(facts: Facts) -> list[str]:
    """Names of the scenarios but the first: the largest middle difference first.

    Parameters
    ----------
    facts : Facts
        Numbers of the result.
    """
    rows = facts.headlines().loc[facts.names[1:]]
    if rows.empty:
        return []
    best = rows.sort_values(f"{DIFFERENCE}median", ascending=False, kind="stable")
    return [str(name) for name in best.index]


def table(facts: Facts, scenarios: list[Scenario], language: Language) -> list[dict[str, Any]]:
    """Rows of the table of scenarios by effect: in points and in people, both labels, and euros.

    Parameters
    ----------
    facts : Facts
        Numbers of the result.
    scenarios : list of Scenario
        Its scenarios with titles in the language, the baseline first.
    language : Language
        In which cells are written.
    """
    main, titles = facts.headlines(), _titles(scenarios)
    people = facts.summary[facts.summary["outcome"] == "people"].set_index("scenario")
    spent = {str(name): rows for name, rows in facts.costs.groupby("scenario")} if len(
        facts.costs
    ) else {}  # fmt: skip
    return [
        {
            "title": titles[name],
            "effect": _difference(main.loc[name], True, language),
            "people": _difference(people.loc[name], False, language),
            **answers.labels(main.loc[name], language),
            "euros": _euros(spent[name], language) if name in spent else [],
        }
        for name in order(facts)
    ]


def _difference(row: pd.Series, share: bool, language: Language) -> str:
    """A difference with its interval; what follows from assumed sizes is no finding."""
    if row["verdict"] in (NOBODY, ASSUMED_SIZES):
        return language.say(words.VERDICTS[row["verdict"]])
    return answers.points(*answers.triple(row, DIFFERENCE), share, language)


def _euros(rows: pd.DataFrame, language: Language) -> list[str]:
    """Extra cost of a scenario, and that of an extra expat-year with its interval, in words."""
    cells = {x.outcome: costs.row(x, language) for x in rows.itertuples()}
    one = cells["cost_per_expat_year"]
    value = f"{one['value']} ({one['interval']})" if one["interval"] else one["value"]
    return [
        cells["extra_cost"]["value"],
        language.say(N_("for an extra year lived here: %(value)s"), value=value),
    ]


def _titles(scenarios: list[Scenario]) -> dict[str, str]:
    """Titles that fit, by name."""
    return {s.name: short(s.title) for s in scenarios}


def short(title: str) -> str:
    """A title that fits in a table and in the finding.

    Parameters
    ----------
    title : str
        Of a scenario.
    """
    return textwrap.shorten(title, LONGEST, placeholder="…")
