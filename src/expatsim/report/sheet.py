"""One sheet: an A4 page and a slide whose title is the finding, made of facts and words."""

from __future__ import annotations

import datetime
import textwrap
from typing import TYPE_CHECKING, Any

import pandas as pd
from babel import dates

from expatsim.errors import InputError, nearest
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
from expatsim.report import answers, costs, panels, words
from expatsim.report.facts import Facts
from expatsim.report.language import LANGUAGES, N_, Language, translations
from expatsim.report.render import in_language
from expatsim.report.template import environment
from expatsim.runs.tallies import NEWCOMERS
from expatsim.text import visible

if TYPE_CHECKING:
    from expatsim.findings.tables import Tables
    from expatsim.scenario.scenario import Scenario

SURE = ("clear", "likely")
ROWS = {"page": 5, "slide": 2}  # of the table, so that all of it fits
FEW = 2  # scenarios beside which a chart fits on the page
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
_CAUTION = N_(
    "No effect of any city measure on leaving has ever been measured: how strongly a measure works "
    "on staying is an assumption with a wide margin, and the survey behind the rest is small "
    "(%(respondents)s, 2008–2009)."
)
_LABELS = N_(
    "“Clear” and “likely” say how sure the model is under its assumptions; only the label below "
    "them says whether anything was measured."
)
_CITIES = N_(
    "Cities are compared here, and no departure rate by city was ever published: do not read the "
    "difference as one that was observed."
)
_NOT_CONVERGED = N_(
    "Do not use these numbers: the calibration behind their parameters has not converged."
)


def sheet(
    result: Tables,
    lang: str = "en",
    *,
    command: str = "",
    author: str = "",
    contact: str = "",
    date: datetime.date | None = None,
) -> str:
    """The sheet of a result: one A4 page and one 16:9 slide.

    Parameters
    ----------
    result : Tables
        A result, of one scenario or several.
    lang : {"en", "nl"}
        Language of the sheet.
    command : str
        Command line that makes the sheet again.
    author, contact : str
        Who made it, and where to ask; by default the author that the scenario files name.
    date : datetime.date, optional
        Date to print; none by default.

    Returns
    -------
    str
        HTML that needs nothing else and prints as two pages.

    Raises
    ------
    InputError
        If there is no such language.
    """
    if lang not in LANGUAGES:
        raise InputError(f"lang: {lang!r} is not one of en, nl{nearest(lang, LANGUAGES)}")
    facts, language = Facts.of(result), Language(lang)
    templates = environment("expatsim.report")
    templates.install_gettext_translations(translations(lang), newstyle=True)  # type: ignore[attr-defined]
    scenarios = in_language(facts.scenarios, language)
    base, by_name = scenarios[0], {s.name: s for s in scenarios}
    ranked = _ranked(facts)
    authors = dict.fromkeys(s.author for s in scenarios if s.author)
    return templates.get_template("sheet.html.j2").render(
        l=language,
        finding=finding(facts, scenarios, language),
        outcome=language.say(facts.headline.label),
        base=_short(base.title),
        value=answers.value(facts.headlines().loc[base.name], language, facts.draws),
        rows=_rows(facts, scenarios, ranked, language),
        most=ROWS,
        chart=panels.headline_chart(facts, [by_name[n] for n in ranked], language)
        if 0 < len(ranked) <= FEW
        else None,
        cities=language.list(
            list(dict.fromkeys(words.city_name(s.city, language) for s in scenarios))
        ),
        first_month=language.month(base.start, 0),
        last_month=language.month(base.start, base.months - 1),
        draws=facts.draws,
        cautions=_cautions(facts, language),
        source=language.say(words.SOURCE_OF_TABLES),
        version=facts.provenance["expatsim"],
        command=visible(command),
        author=visible(author or language.list(list(authors))),
        contact=visible(contact),
        date=dates.format_date(date, "d MMMM y", locale=language.locale) if date else "",
    )


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
    main, titles = facts.headlines(), {s.name: _short(s.title) for s in scenarios}
    base, *others = scenarios
    if not others:
        value = answers.value(main.loc[base.name], language, facts.draws)
        return f"{language.say(facts.headline.label)}: {value}"
    best = main.loc[_ranked(facts)[0]]
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
        sure=language.say(words.VERDICTS[row["verdict"]]),
        size=language.number(abs(100 * middle), 1),
        years=outcome.years,
    )


def _ranked(facts: Facts) -> list[str]:
    """Names of the scenarios but the first: the largest middle difference first."""
    rows = facts.headlines().loc[facts.names[1:]]
    if rows.empty:
        return []
    order = rows.sort_values(f"{DIFFERENCE}median", ascending=False, kind="stable")
    return [str(name) for name in order.index]


def _rows(
    facts: Facts, scenarios: list[Scenario], ranked: list[str], language: Language
) -> list[dict[str, Any]]:
    """Rows of the table: effect in points and in people, both labels, and euros."""
    titles = {s.name: _short(s.title) for s in scenarios}
    main = facts.headlines()
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
        for name in ranked
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


def _cautions(facts: Facts, language: Language) -> list[str]:
    """Two sentences of caution, and what a comparison of cities or a bad calibration adds."""
    said = []
    if facts.calibration and not facts.calibration.converged:
        said.append(language.say(_NOT_CONVERGED))
    said.append(language.say(_CAUTION, respondents=words.respondents(language)))
    said.append(language.say(_LABELS))
    if len({s.city for s in facts.scenarios}) > 1:
        said.append(language.say(_CITIES))
    return said


def _short(title: str) -> str:
    return textwrap.shorten(title, LONGEST, placeholder="…")
