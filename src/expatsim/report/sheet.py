"""One sheet: an A4 page and a slide whose title is the finding, made of facts and words."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from expatsim.cities import city as city_of
from expatsim.report import answers, panels, ranking, words
from expatsim.report.caveats import sentences_of
from expatsim.report.facts import Facts
from expatsim.report.language import N_, Language
from expatsim.report.render import UNSIGNED, Signed, in_language
from expatsim.report.template import environment
from expatsim.text import visible

if TYPE_CHECKING:
    from expatsim.findings.tables import Tables

ROWS = 5  # of the table on the page, so that all of it fits
LINES, WIDE = 7, 42  # of the table on the slide, and characters of a title that is in one
FEW = 3  # scenarios beside which a chart fits on the page
_CAUTION = N_(
    "No effect of any city measure on leaving has ever been measured: how strongly a measure works "
    "on staying is an assumption with a wide margin, and the survey behind the rest is small "
    "(%(respondents)s, 2008–2009)."
)
_LABELS = N_(
    "“Clear” and “likely” say how sure the model is under its assumptions; only the second "
    "label says whether anything was measured."
)
_CITIES = N_(
    "Cities are compared here, and no departure rate by city was ever published: do not read the "
    "difference as one that was observed."
)
_LATER = N_(
    "%(city)s: arrivals, families, services and levels of %(year)s are ranges, and so is every "
    "answer; the rest is of 2009 or of the years after it, as the long report lists."
)
_NOT_CONVERGED = N_(
    "Do not use these numbers: the calibration behind their parameters has not converged."
)


def sheet(
    result: Tables,
    lang: str = "en",
    *,
    command: str = "",
    signed: Signed = UNSIGNED,
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
    signed : Signed
        Who made it, where to ask, and when.

    Returns
    -------
    str
        HTML that needs nothing else and prints as two pages.

    Raises
    ------
    InputError
        If there is no such language.
    """
    language = Language.of(lang)  # before the work
    facts = Facts.of(result)
    scenarios = in_language(facts.scenarios, language)
    base, by_name = scenarios[0], {s.name: s for s in scenarios}
    ranked, rows = ranking.order(facts), ranking.table(facts, scenarios, language)
    template = environment("expatsim.report", lang).get_template("sheet.html.j2")
    return template.render(
        l=language,
        finding=ranking.finding(facts, scenarios, language),
        outcome=language.say(facts.headline.label),
        base_title=ranking.short(base.title),
        value=answers.value(facts.headlines().loc[base.name], language, facts.draws),
        rows=rows,
        most={"page": ROWS, "slide": _rows_of_slide([row["title"] for row in rows])},
        chart=panels.headline_chart(facts, [by_name[n] for n in ranked], language)
        if 0 < len(ranked) <= FEW
        else None,
        cities=language.list(
            list(dict.fromkeys(words.city_name(s.city, language) for s in scenarios))
        ),
        first_month=language.month(base.start, 0),
        last_month=language.month(base.start, base.months - 1),
        number_of_draws=words.number_of_draws(facts.draws, facts.different, language),
        few_draws=facts.few,
        cautions=_cautions(facts, language),
        source=language.say(words.SOURCE_OF_TABLES),
        version=facts.provenance["expatsim"],
        command=visible(command),
        **signed.texts(scenarios, language),
    )


def _rows_of_slide(titles: list[str]) -> int:
    """How many rows of the table fit on the slide."""
    lines = accumulate(1 + (len(title) > WIDE) for title in titles)
    return sum(n <= LINES for n in lines)


def _cautions(facts: Facts, language: Language) -> list[str]:
    """Two sentences of caution; a later year, cities, own rules, a bad calibration add one each."""
    said = []
    cities = [city_of(name) for name in dict.fromkeys(s.city for s in facts.scenarios)]
    later: dict[int, list[str]] = {}
    for city in (c for c in cities if c.still_of_2009):
        later.setdefault(city.year, []).append(city.name_in(language.code))
    said += [
        language.say(_LATER, city=language.list(names), year=year) for year, names in later.items()
    ]
    if facts.calibration and not facts.calibration.converged:
        said.append(language.say(_NOT_CONVERGED))
    said.append(language.say(_CAUTION, respondents=words.respondents(language)))
    said.append(language.say(_LABELS))
    if len(cities) > 1:
        said.append(language.say(_CITIES))
    own = [{"own_rules": x["own_rules"]} for x in facts.cautions.values() if "own_rules" in x]
    return said + [s for x in own[:1] for s in sentences_of(x, language, {})]
