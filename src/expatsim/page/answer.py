"""An answer in words, tables and charts: first a sentence, then what it rests on."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, NamedTuple

from expatsim.findings import cost
from expatsim.findings.summary import DIFFERENCE, headline
from expatsim.findings.sureness import FEWEST_DRAWS
from expatsim.page.documents import BASELINE, PLAN
from expatsim.page.templates import rendered
from expatsim.projections import draws_of_prior
from expatsim.report import answers, caveats, charts, costs, panels, words
from expatsim.report.facts import staying_paths, stock_paths
from expatsim.report.language import Language
from expatsim.report.render import in_language
from expatsim.result import Result
from expatsim.runs.tallies import NEWCOMERS
from expatsim.scenario import Scenario, guards


class Answer(NamedTuple):
    """An answer that a page shows.

    Attributes
    ----------
    stage : int
        1 if it is rough, 2 if it has all draws, 3 if it also has what it rests on.
    head, rest : str
        Its two parts on the page, as HTML.
    """

    stage: int
    head: str
    rest: str


def answer(result: Result, draws: int, language: Language) -> Answer:
    """Return the answer of a plan beside its baseline, or of the baseline alone.

    Parameters
    ----------
    result : Result
        From :meth:`expatsim.page.simulation.Simulator.answers`.
    draws : int
        Draws of the full answer.
    language : Language
        In which it is written.
    """
    full = result.dataset.sizes["draw"] >= draws
    with nullcontext() if full else charts.hasty():
        return _answer(result, draws, language, full)


def _answer(result: Result, draws: int, language: Language, full: bool) -> Answer:
    some = result.dataset.sizes["draw"]
    pending = result.prior is None and draws_of_prior(result.scenarios) > 0
    scenarios = in_language(result.scenarios, language)
    titles = {s.name: s.title for s in scenarios}
    summary = result.summary()
    main = headline(result.dataset)
    row = summary[summary["outcome"] == main.name].set_index("scenario")
    names = list(titles)
    values: dict[str, Any] = {
        "full": full,
        "pending": pending,
        "few": some < FEWEST_DRAWS,
        "range_name": words.names_of_ranges(some, language).most,
        "some": some,
        "draws": draws,
        "fewest": FEWEST_DRAWS,
        "outcome": language.say(main.label),
        "base": scenarios[0],
        "plan": scenarios[1] if len(scenarios) > 1 else None,
        "values": {name: answers.value(row.loc[name], language, some) for name in names},
        "rows": answers.summary_rows(summary, names, language, some),
        "answer": None,
        **_charts(result, scenarios, titles, language, full),
    }
    if len(scenarios) > 1:
        sentence = answers.headline(row.loc[PLAN], titles[BASELINE], language, result.smallest)
        values["answer"] = {"sentence": sentence, **answers.labels(row.loc[PLAN], language)}
        numbers = answers.triple(row.loc[PLAN], DIFFERENCE)
        values["short"] = answers.points(*numbers, main.is_share, language)
        shown = panels.difference_charts(summary, scenarios[1:], language, values["few"])
        values["differences"] = [next(shown), *(shown if full else ())]
        values["costs"] = _costs(result, scenarios, language)
        values["settings"] = words.settings(scenarios, language)
    last = scenarios[-1]
    values["cautions"] = caveats.sentences_of(guards.cautions(last), language, last.levers)
    values["never_measured"] = language.say(
        words.NEVER_MEASURED, respondents=words.respondents(language)
    )
    values["two_labels"] = language.say(words.TWO_LABELS)
    parts = (rendered("answer.html.j2", language, part=x, **values) for x in ("head", "rest"))
    return Answer(1 + full + (full and not pending), *parts)


def _charts(
    result: Result,
    scenarios: list[Scenario],
    titles: dict[str, str],
    language: Language,
    full: bool,
) -> dict[str, Any]:
    """Charts over time, the baseline first; the second in full only."""
    few = result.dataset.sizes["draw"] < FEWEST_DRAWS
    staying = {NEWCOMERS: staying_paths(result.dataset, NEWCOMERS)}
    found = list(panels.staying(staying, titles, language, few))
    if full:
        people = stock_paths(result.dataset, scenarios[0].start)
        found.append(panels.stock(people, scenarios[0].start, titles, language, few))
    return {"charts": found}


def _costs(result: Result, scenarios: list[Scenario], language: Language) -> dict[str, Any] | None:
    """Rows of the table of costs; ``None`` if no lever that is moved has a cost."""
    frame = result.costs()
    if frame.empty:
        return None
    labels = {name: language.say(x.label) for name, x in scenarios[1].levers.items()}
    missing, uncounted = cost.without_numbers(scenarios[1], scenarios[0])
    return {
        "rows": [costs.row(x, language) for x in frame.itertuples()],
        "missing": [labels[name] for name in missing],
        "uncounted": [labels[name] for name in uncounted],
    }
