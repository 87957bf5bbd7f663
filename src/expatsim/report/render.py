"""One self-contained HTML page of a result, made of facts, words, charts and a template."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from babel import dates

from expatsim.findings import basis
from expatsim.findings.sureness import CLEAR, FEWEST_DRAWS, FEWEST_RESPONDENTS, LIKELY, NOBODY
from expatsim.model.rules.departure import LEFT_FOR
from expatsim.posterior.record import Calibration
from expatsim.report import answers, caveats, costs, fit, panels, ranking, tipping, words
from expatsim.report.facts import Facts
from expatsim.report.language import N_, Language
from expatsim.report.template import environment, style
from expatsim.scenario.scenario import Scenario
from expatsim.text import labels, visible

if TYPE_CHECKING:
    import pandas as pd

    from expatsim.findings.tables import Tables

MOST = 10  # quantities of the first table of what the differences rest on
FEW = 2  # scenarios beside the first that are told in words as well; those of more are folded
# outcomes of the first table, beside the one that comes first; the others are folded
FIRST = ("people", "welcome", "wish", "expat_years", "some_dutch", "knows_service")


class Signed(NamedTuple):
    """Who made a page, where to ask, and when; what is empty is not printed."""

    author: str = ""
    contact: str = ""
    date: datetime.date | None = None

    def texts(self, scenarios: Sequence[Scenario], language: Language) -> dict[str, str]:
        """The three as they are printed; by default the author that the scenario files name.

        Parameters
        ----------
        scenarios : sequence of Scenario
            The scenarios of the result.
        language : Language
            In which the date is written.
        """
        authors = dict.fromkeys(s.author for s in scenarios if s.author)
        return {
            "author": visible(self.author or language.list(list(authors))),
            "contact": visible(self.contact),
            "date": dates.format_date(self.date, "d MMMM y", locale=language.locale)
            if self.date
            else "",
        }


UNSIGNED = Signed()


def render(
    result: Tables,
    lang: str = "en",
    *,
    command: str = "",
    signed: Signed = UNSIGNED,
    why: pd.DataFrame | None = None,
    tipping_points: dict[str, pd.DataFrame] | None = None,
) -> str:
    """The page of a result.

    Parameters
    ----------
    result : Tables
        A result, of one scenario or several.
    lang : {"en", "nl"}
        Language of the page.
    command : str
        Command line that makes the page again, shown at its end.
    signed : Signed
        Who made it, where to ask, and when.
    why : pandas.DataFrame, optional
        Shares of the gap between the cities, from :func:`expatsim.decompose`.
    tipping_points : dict of str to pandas.DataFrame, optional
        Where the answers turn, from :func:`expatsim.tipping_points`.

    Returns
    -------
    str
        HTML that needs nothing else: no network and no script.

    Raises
    ------
    InputError
        If there is no such language.
    """
    language = Language.of(lang)  # before the work
    return page(Facts.of(result, why, tipping_points), language, command, signed)


def page(facts: Facts, language: Language, command: str = "", signed: Signed = UNSIGNED) -> str:
    """The page of facts, as HTML.

    Parameters
    ----------
    facts : Facts
        Numbers of the page.
    language : Language
        In which it is written.
    command : str
        Command line that makes the page again, shown at its end.
    signed : Signed
        Who made it, where to ask, and when.
    """
    scenarios = in_language(facts.scenarios, language)
    template = environment("expatsim.report", language.code).get_template("page.html.j2")
    return template.render(
        style=style(),
        l=language,
        command=visible(command),
        **signed.texts(scenarios, language),
        **_about_all(facts, scenarios, language),
        **_outcomes(facts, scenarios, language),
        **_differences(facts, scenarios, language),
        **_sureness(facts, scenarios, language),
    )


def _about_all(facts: Facts, scenarios: list[Scenario], language: Language) -> dict[str, Any]:
    """Values of the template for the scenarios that were run and compared."""
    base, *others = scenarios
    return {
        "provenance": {
            **facts.provenance,
            "parameters": visible(facts.provenance["parameters"]),
        },
        "scenarios": scenarios,
        "base": base,
        "few": FEW,
        "base_title": ranking.short(base.title),
        "others": others,
        "newcomers": float(base.newcomers()[0, 0]),
        "draws": facts.draws,
        "number_of_draws": words.number_of_draws(facts.draws, facts.different, language),
        "few_draws": facts.few,
        "ranges": words.names_of_ranges(facts.different, language),
        "last_month": language.month(base.start, base.months - 1),
        "still_of_2009": list(
            caveats.still_of_2009(list(dict.fromkeys(s.city for s in scenarios)), language)
        ),
        "cities": list(dict.fromkeys(words.city_name(s.city, language) for s in scenarios)),
        "respondents": words.respondents(language),
        "never_measured": language.say(
            words.NEVER_MEASURED, respondents=words.respondents(language)
        ),
        "two_labels": language.say(words.TWO_LABELS),
        "source_of_tables": language.say(words.SOURCE_OF_TABLES),
        "source_of_charts": language.say(
            words.SOURCE_OF_CHARTS, version=facts.provenance["expatsim"]
        ),
        "settings": words.settings(scenarios, language),
    }


def _outcomes(facts: Facts, scenarios: list[Scenario], language: Language) -> dict[str, Any]:
    """Values of the template for answers, outcomes and paths over time."""
    base, *others = scenarios
    main, titles = facts.headlines(), {s.name: s.title for s in scenarios}
    rows = answers.summary_rows(facts.summary, facts.names, language, facts.draws)
    people = facts.stock.quantiles[base.name][2]
    first = {facts.headline.name, *(FIRST[:3] if len(others) > FEW else FIRST)}
    return {
        "finding": ranking.finding(facts, scenarios, language),
        "ranking": ranking.table(facts, scenarios, language) if others else [],
        "outcome": language.say(facts.headline.label),
        "answers": [
            {
                "title": s.title,
                "sentence": answers.headline(
                    main.loc[s.name], base.title, language, facts.smallest
                ),
                **answers.labels(main.loc[s.name], language),
                "changes": _clear(rows, 1 + k, facts.headline.name, language),
            }
            for k, s in enumerate(others)
        ],
        "unknowns": [answers.unknown(x, facts.scenarios, titles, language) for x in facts.unknowns],
        "values": {n: answers.value(main.loc[n], language, facts.draws) for n in facts.names},
        "grows": bool(people[-1] > people[0]),
        "rows": [r for r in rows if r["outcome"] in first],
        "other_rows": [r for r in rows if r["outcome"] not in first],
        "path_charts": [
            *panels.staying(facts.staying, titles, language, facts.few),
            panels.stock(facts.stock, base.start, titles, language, facts.few),
        ],
        "reasons": [
            {
                "name": language.say(label),
                "cells": [_share(facts.reasons[reason][n], language) for n in facts.names],
            }
            for reason, label in LEFT_FOR.items()
        ],
    }


def _differences(facts: Facts, scenarios: list[Scenario], language: Language) -> dict[str, Any]:
    """Values of the template for differences, groups, the gap between cities and costs."""
    others, titles = scenarios[1:], {s.name: s.title for s in scenarios}
    by_name = {s.name: s for s in others}
    ranked = [by_name[name] for name in ranking.order(facts)]
    return {
        "headline_chart": panels.headline_chart(facts, ranked, language) if others else None,
        "difference_charts": list(
            panels.difference_charts(facts.summary, others, language, facts.few)
        )
        if others
        else [],
        "groups": [panels.groups(facts, s, language) for s in others],
        "fewest": FEWEST_RESPONDENTS,
        "why": None if facts.why is None else _why(facts.why, facts.headline.name, language),
        "costs": costs.tables(facts, titles, language),
    }


def _sureness(facts: Facts, scenarios: list[Scenario], language: Language) -> dict[str, Any]:
    """Values of the template for assumptions, cautions and fit."""
    calibration, cells = facts.calibration, fit.with_words(facts.cells)
    cautions = [
        (s.title, caveats.sentences_of(facts.cautions[s.name], language, s.levers))
        for s in scenarios
    ]
    return {
        "resting": caveats.resting_on(
            caveats.carrying(facts.parts, facts.carried, MOST),
            facts.informed,
            facts.scenarios,
            language,
            facts.carried,
        ),
        "all_resting": caveats.resting_on(
            facts.parts, facts.informed, facts.scenarios, language, facts.carried
        ),
        "also_assumed": caveats.also_assumed(facts.parts, facts.informed, language),
        "starting_levels": [language.say(words.LEVER_NAMES[x]) for x in facts.unmeasured],
        "cautions": cautions,
        "beyond": language.list([f"“{title}”" for title, lines in cautions if lines]),
        "tipping": tipping.of_page(facts.tipping, scenarios, language),
        "calibration": calibration,
        "fit": [] if cells.empty else fit.pictures(cells, language),
        "fit_sentence": "" if cells.empty else fit.sentence(cells, language),
        "fit_rows": [] if cells.empty else fit.rows(cells, language),
        "fewest_draws": FEWEST_DRAWS,
        "smallest": language.number(100 * facts.smallest, 1),
        "halved": language.percent(basis.MEASURED_RATIO),
        "fifth": language.percent(1 - basis.PARTLY_RATIO),
        "clear_from": language.percent(CLEAR, 1),
        "likely_from": language.percent(LIKELY),
        "informed": calibration.informed() if calibration else None,
        "rhat": _rhat(calibration, language),
    }


def _rhat(calibration: Calibration | None, language: Language) -> str:
    """R-hat of a calibration that has not converged, where it is known; else empty."""
    if calibration is None or calibration.converged or calibration.worst_rhat is None:
        return ""
    return language.number(calibration.worst_rhat, 2)


def in_language(scenarios: Sequence[Scenario], language: Language) -> list[Scenario]:
    """The scenarios with title and description in a language, where they have these.

    Equal titles get the name of the scenario in brackets.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The scenarios of a result.
    language : Language
        The language of the page.
    """

    def text(s: Scenario, what: str) -> str:
        own = getattr(s, f"{what}_{language.code}", "")
        return visible(own or getattr(s, what)).strip()

    titles = labels({s.name: text(s, "title") for s in scenarios})
    return [
        dataclasses.replace(s, title=titles[s.name], description=text(s, "description"))
        for s in scenarios
    ]


def _clear(rows: list[dict[str, Any]], k: int, but: str, language: Language) -> list[str]:
    """Other outcomes in which a scenario clearly differs: from what to what, on what it rests."""
    text = N_("%(outcome)s: from %(before)s to %(after)s, %(difference)s; %(basis)s")
    return [
        language.say(
            text,
            outcome=r["name"],
            before=r["cells"][0]["middle"],
            after=r["cells"][k]["middle"],
            difference=r["cells"][k]["difference"],
            basis=r["cells"][k]["basis"],
        )
        for r in rows
        if r["cells"][k]["key"] == "clear" and r["outcome"] != but
    ]


def _share(numbers: np.ndarray, language: Language) -> str:
    """``45% (34% to 53%)``, or the verdict that there is nobody."""
    low, middle, high = numbers
    if np.isnan(middle):
        return language.say(words.VERDICTS[NOBODY])
    interval = language.range(language.percent(low), language.percent(high))
    return f"{language.percent(middle)} ({interval})"


def _why(why: pd.DataFrame, outcome: str, language: Language) -> list[dict[str, Any]]:
    """Rows of the table that explains the gap between cities."""
    some = why[why["outcome"] == outcome]
    return [
        {
            "name": language.say(words.FACTORS[x["factor"]]),
            "value": answers.points(x["low"], x["mean"], x["high"], True, language)
            if x["draws"]
            else "",
            **answers.labels(x, language),
        }
        for _, x in some.iterrows()
    ]
