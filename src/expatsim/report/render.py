"""Render a result as one self-contained HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from expatsim.errors import InputError, nearest
from expatsim.findings.assumptions import levers_that_differ
from expatsim.findings.sureness import CLEAR, FEWEST_DRAWS, FEWEST_RESPONDENTS, LIKELY, NOBODY
from expatsim.intervals import quantiles
from expatsim.posterior.record import Calibration, from_manifest
from expatsim.report import answers, caveats, costs, fit, panels, words
from expatsim.report.language import LANGUAGES, Language, translations
from expatsim.report.template import environment, style
from expatsim.text import labels, visible

if TYPE_CHECKING:
    import pandas as pd

    from expatsim.findings.tables import Tables

TEXTS = ("title", "description")  # of a scenario, in each language


def render(
    result: Tables, lang: str = "en", *, command: str = "", why: pd.DataFrame | None = None
) -> str:
    """The report of a result.

    Parameters
    ----------
    result : Tables
    lang : {"en", "nl"}
    command : str
        What repeats it, shown at the end.
    why : pandas.DataFrame, optional
        Shares of the gap between the cities, from :func:`expatsim.decompose`.

    Returns
    -------
    str
        HTML that needs nothing else: no network and no script.

    Raises
    ------
    InputError
        If there is no such language.
    """
    if lang not in LANGUAGES:
        raise InputError(f"lang: {lang!r} is not one of en, nl{nearest(lang, LANGUAGES)}")
    language = Language(lang)
    templates = environment("expatsim.report")
    templates.install_gettext_translations(translations(lang), newstyle=True)  # type: ignore[attr-defined]
    return templates.get_template("page.html.j2").render(
        style=style(), l=language, command=visible(command), **_context(result, language, why)
    )


def _context(result: Tables, language: Language, why: pd.DataFrame | None) -> dict[str, Any]:
    frame = result.summary()
    described = _described(result, language)
    titles = {s["name"]: s["title"] for s in described}
    names = list(titles)
    label = answers.headline_outcome(frame)
    main = frame[frame["outcome"] == label].set_index("scenario")
    base, others = described[0], described[1:]
    effects = result.effects() if others else None
    source, calibration = result.provenance["parameters"], from_manifest(result.provenance)
    cells = fit.targets(calibration.fit if calibration else ())
    draws = result.dataset.sizes["draw"]
    rows = answers.summary_rows(frame, names, language, draws)
    levers = levers_that_differ([s.policy for s in result.described()])
    return {
        "provenance": {
            **result.provenance,
            "parameters": visible(result.provenance["parameters"]),
        },
        "scenarios": described,
        "base": base,
        "others": others,
        "draws": draws,
        "fewest_draws": FEWEST_DRAWS,
        "years": base["months"] // 12,
        "last_month": language.month(base["start"], base["months"] - 1),
        "outcome": language.say(words.OUTCOMES[label]),
        "answers": [
            {
                "title": s["title"],
                "sentence": answers.headline(main.loc[s["name"]], base["title"], language),
                "changes": _clear(rows, 1 + k),
            }
            for k, s in enumerate(others)
        ],
        "values": {n: answers.value(main.loc[n], language, draws) for n in names},
        "rows": rows,
        "headline_chart": panels.headline_chart(main, label, others, language) if others else None,
        "difference_charts": panels.difference_charts(frame, others, language) if others else [],
        "settings": words.settings(described, language),
        "stock_charts": list(panels.stock(result, titles, language)),
        "staying_charts": list(panels.staying(result, titles, language)),
        "reasons": _reasons(result, language),
        "groups": []
        if effects is None
        else [panels.groups(effects, s, label, language) for s in others],
        "fewest": FEWEST_RESPONDENTS,
        "cities": list(dict.fromkeys(language.say(words.CITIES[s["city"]]) for s in described)),
        "why": None if why is None else _why(why, label, language),
        "costs": costs.tables(result, titles, language) if others else [],
        "resting": caveats.resting_on(described, calibration, source, language),
        "starting_levels": _starting_levels(levers, language),
        "cautions": [(s["title"], caveats.cautions(s, language)) for s in described],
        "calibration": calibration,
        "fit": [] if cells.empty else fit.pictures(cells, language),
        "fit_rows": [] if cells.empty else fit.rows(cells, language),
        "clear_from": language.percent(CLEAR, 1),
        "likely_from": language.percent(LIKELY),
        "informed": calibration.informed() if calibration else None,
        "rhat": _rhat(calibration, language),
    }


def _rhat(calibration: Calibration | None, language: Language) -> str:
    """How far the chains are from agreeing, where it is known and they do not."""
    if calibration is None or calibration.converged or calibration.worst_rhat is None:
        return ""
    return language.number(calibration.worst_rhat, 2)


def _described(result: Tables, language: Language) -> list[dict[str, Any]]:
    """The scenarios with their texts in a language where they have them, as a page can show them.

    Titles that are equal have the name of the scenario as well.
    """
    found = []
    for s in result.provenance["scenarios"]:
        own = {k: s.get(f"{k}_{language.code}") or s.get(k, "") for k in TEXTS}
        found.append({**s, **{k: visible(text).strip() for k, text in own.items()}})
    titles = labels({s["name"]: s["title"] for s in found})
    return [{**s, "title": titles[s["name"]]} for s in found]


def _clear(rows: list[dict[str, Any]], k: int) -> list[str]:
    """Where a scenario clearly differs, with the differences."""
    return [
        f"{r['name']}: {r['cells'][k]['difference']}"
        for r in rows
        if r["cells"][k]["key"] == "clear"
    ]


def _reasons(result: Tables, language: Language) -> list[dict[str, Any]]:
    """Share of those who left by reason, with intervals."""
    found = []
    for reason, name in words.REASONS.items():
        cells = []
        for scenario in result.titles:
            some = result.dataset.sel(scenario=scenario)
            left = some["left"].sum("month")
            low, middle, high = quantiles(some[reason].sum("month") / left.where(left > 0))
            interval = language.range(language.percent(low), language.percent(high))
            share = f"{language.percent(middle)} ({interval})"
            nobody = language.say(words.VERDICTS[NOBODY])
            cells.append(share if bool((left > 0).any()) else nobody)
        found.append({"name": language.say(name), "cells": cells})
    return found


def _why(why: pd.DataFrame, label: str, language: Language) -> list[dict[str, Any]]:
    some = why[why["outcome"] == label]
    return [
        {
            "name": language.say(words.FACTORS[x["factor"]]),
            "value": answers.points(x["low"], x["mean"], x["high"], True, language)
            if x["draws"]
            else "",
            "verdict": language.say(words.VERDICTS[x["verdict"]]),
        }
        for _, x in some.iterrows()
    ]


def _starting_levels(levers: list[str], language: Language) -> list[str]:
    """Levers whose level in 2009 nobody measured."""
    from expatsim.cities import city_names
    from expatsim.model.levers import level_2009

    return [
        language.say(words.LEVER_NAMES[x])
        for x in levers
        if any(level_2009(x, city).evidence != "measured" for city in city_names())
    ]
